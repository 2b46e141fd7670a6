import Agent
import ArgumentParser
import CommandLineTool
import Foundation

/// Where the running agent listens for commands. Needs no configuration that parses, or that can be read at all.
struct SocketOption: ParsableArguments {
    /// Where an agent listens that was set up as the documentation says.
    static let usual = "/run/ima/control.sock"
    private static let usualConfig = "/etc/ima/ima.yaml"

    @Option(
        name: .long,
        help: "The agent's control socket; else $IMA_SOCKET, else the one in --config, else \(SocketOption.usual).")
    var socket: String?
    @Option(name: .long, help: "The agent's configuration file, read for its control socket only.")
    var config: String?

    /// The sockets to try, in their order: what was named comes before what is usual.
    ///
    /// - Throws: ``Failure`` where there is none, with what was looked at
    func candidates(environment: [String: String] = ProcessInfo.processInfo.environment) throws -> [String] {
        if let socket { return [socket] }
        if let named = environment["IMA_SOCKET"], !named.isEmpty { return [named] }
        var found: [String] = []
        if let config {
            if let path = ControlSocketReader.path(inBroken: config, environment: environment) {
                found.append(path)
            } else {
                Self.note("\(config): no control socket can be read from it; trying \(Self.usual)")
            }
        }
        // An agent that was named comes first, so that nobody stops another one by mistake.
        if found.isEmpty, FileManager.default.fileExists(atPath: Self.usual) { found.append(Self.usual) }
        if config == nil,
            let path = ControlSocketReader.path(inBroken: Self.usualConfig, environment: environment),
            !found.contains(path)
        {
            found.append(path)
        }
        guard !found.isEmpty else {
            throw Failure(
                "no control socket: \(Self.usual) does not exist, and "
                    + "\(config ?? Self.usualConfig) names none; name it with --socket PATH or IMA_SOCKET", code: 2)
        }
        return found
    }

    private static func note(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }
}
