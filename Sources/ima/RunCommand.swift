import Agent
import ArgumentParser
import CommandLineTool
import Foundation
import Logging
import Shedding
import Site

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "The daemon. Logs to standard error; SIGTERM stops it, SIGHUP reads files again.")

    @OptionGroup var options: ConfigOption

    @Option(name: .long, help: "trace, debug, info, notice, warning, error or critical")
    var logLevel = "info"

    @Flag(
        name: .long,
        help:
            "With a standby, after the loss of all of etcd's data: this agent's journal, the latest, begins a new log."
    )
    var beginLog = false

    func run() async throws {
        guard let level = Logger.Level(rawValue: logLevel) else {
            throw Failure("--log-level: no such level (got \"\(logLevel)\")", code: 2)
        }
        // The journal, its lock and the control socket are nobody else's business.
        umask(0o077)
        ProcessLimits.prepare()
        let configuration = try options.load(checksPlaces: true)
        if beginLog, configuration.standby == nil {
            throw Failure("--begin-log: \(options.config) has no standby:, so there is no log to begin", code: 2)
        }
        var logger = Logger(label: "ima") { _ in LogLineHandler(configuration.logFormat) }
        logger.logLevel = level
        do {
            var metadata: Logger.Metadata = [
                "agent": "\(configuration.agentID)", "mode": "\(configuration.mode.rawValue)",
                "resources": "\(configuration.site.order.count)", "broker": "\(configuration.bus.address)",
            ]
            guard let standby = configuration.standby else {
                let agent = try await buildAgent(configuration: configuration, logger: logger)
                logger.notice("starting", metadata: metadata)
                return try await agent.run()
            }
            let agent = try StandbyAgent(configuration: configuration, mayBeginLog: beginLog, logger: logger)
            metadata["standby"] = "\(standby.site)/\(standby.shard)"
            logger.notice("starting", metadata: metadata)
            try await agent.run()
        } catch {
            throw Failure("\(error)")
        }
    }
}
