import Foundation
import Logging
import ServiceLifecycle
import UnixSignals

/// Reads configuration, inventory and keys again on SIGHUP. A file with a mistake leaves the old state in force.
struct ReloadService: Service {
    let file: String
    let enforcer: Enforcer
    let logger: Logger

    func run() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
            do {
                let configuration = try ConfigurationReader.load(
                    file, environment: ProcessInfo.processInfo.environment)
                await enforcer.reload(configuration)
                logger.notice("read the configuration again", metadata: ["file": "\(file)"])
            } catch {
                for line in "\(error)".split(separator: "\n") {
                    logger.error("the changed configuration is not used; the old one stays: \(line)")
                }
            }
        }
    }
}
