import ArgumentParser
import CommandLineTool
import Foundation
import GridSimulator
import Logging

struct PowerAgentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "power-agent",
        abstract: "Runs a reference power agent: load targets in; power states and breach alerts out.",
        discussion: "The configuration is explained in deploy/power-agent.yaml.")

    @Option(name: .long, help: "The configuration.") var config: String
    @Flag(name: .long, help: "Read the configuration, say what is wrong with it, and end.") var check = false

    func run() async throws {
        let settings: PowerAgentSettings
        do {
            settings = try PowerAgentSettings.load(config, environment: ProcessInfo.processInfo.environment)
        } catch {
            throw Failure("\(error)", code: check ? 1 : 2)
        }
        if check { return print("\(config): fine") }
        let logger = Logger(label: "power-agent") { StreamLogHandler.standardError(label: $0) }
        let service: PowerAgentService
        do { service = try PowerAgentService(settings, logger: logger) } catch { throw Failure("\(error)", code: 2) }
        switch await Interruption.orResult(of: { try await service.run() }) {
        case .failure(let error)?: throw Failure("\(error)")
        case .success?, nil: return
        }
    }
}
