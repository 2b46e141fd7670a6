import Agent
import ArgumentParser
import CommandLineTool
import Foundation
import OperatorAPI

struct EvidenceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evidence",
        abstract: "What was asked, written, read back and measured in a breach, over time.")

    @OptionGroup var options: SocketOption
    @Argument(help: "The breach_id, or the first characters of it.", completion: AgentNames.pastBreaches.completion)
    var breach: String
    @Flag(name: .long, help: "Print time,kind,resource,watts.") var csv = false
    @Flag(name: .long, help: "Print the record as a compact JWS by the agent's key.") var jws = false
    @Option(name: .long, help: "Read this journal; no agent need be running.") var journal: String?

    func validate() throws {
        if csv, jws { throw ValidationError("--csv or --jws, not both") }
        if jws, journal != nil, options.config == nil {
            throw ValidationError("--jws of a journal alone needs --config, for the key to sign with")
        }
    }

    func run() async throws {
        let format: EvidenceDesk.Format = csv ? .csv : jws ? .jws : .text
        let text: String
        if let journal {
            do {
                text = try await EvidenceDesk.make(
                    breach, format, journal: journal,
                    configuration: jws ? try configuration() : nil)
            } catch let failure as Failure {
                throw failure
            } catch {
                throw Failure("\(error)", code: error is EvidenceDesk.Unavailable ? 1 : 2)
            }
        } else {
            let path = "/evidence/\(ControlClient.escape(breach))?format=\(format.rawValue)"
            text = String(decoding: try await ControlClient.fetch(path, options), as: UTF8.self)
        }
        print(text, terminator: "")
    }

    /// Whose key a record is signed with that is made without an agent.
    private func configuration() throws -> AgentConfiguration? {
        try options.config.map { path in
            var option = ConfigOption()
            option.config = path
            return try option.load()
        }
    }
}
