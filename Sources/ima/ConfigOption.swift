import Agent
import ArgumentParser
import CommandLineTool
import Foundation
import Settings

/// `--config`, which nearly every command needs.
struct ConfigOption: ParsableArguments {
    @Option(name: .long, help: "The agent's configuration file.")
    var config = "/etc/ima/ima.yaml"

    /// - Parameters:
    ///   - checksPlaces: whether the journal and the control socket must be possible here
    ///   - checksFiles: whether keys, certificates and secrets must be there
    func load(checksPlaces: Bool = false, checksFiles: Bool = true) throws -> AgentConfiguration {
        guard FileManager.default.isReadableFile(atPath: config) else {
            let reason = FileManager.default.fileExists(atPath: config) ? "cannot be read" : "no such file"
            throw Failure("\(config): \(reason)", code: 2)
        }
        do {
            return try ConfigurationReader.load(
                config, environment: ProcessInfo.processInfo.environment, checksPlaces: checksPlaces,
                checksFiles: checksFiles)
        } catch let problems as Problems {
            throw Failure(problems.description)
        }
    }
}
