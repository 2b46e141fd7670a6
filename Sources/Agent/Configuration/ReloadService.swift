import Logging
import ServiceLifecycle
import UnixSignals

/// Reads configuration, inventory and keys again on SIGHUP, and says what came of it.
struct ReloadService: Service {
    let file: String
    let reload: ConfigurationReload
    let logger: Logger

    func run() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
            do {
                let difference = try await reload.perform()
                let metadata: Logger.Metadata = [
                    "file": "\(file)",
                    "changed":
                        "\(difference.applied.isEmpty ? "no setting" : difference.applied.joined(separator: ", "))",
                ]
                if difference.needsRestart.isEmpty {
                    logger.notice("read the configuration again", metadata: metadata)
                } else {
                    logger.warning(
                        "read the configuration again; needs a restart: \(difference.needsRestart.joined(separator: ", "))",
                        metadata: metadata)
                }
            } catch {
                for line in "\(error)".split(separator: "\n") {
                    logger.error("the changed configuration is not used; the old one stays: \(line)")
                }
            }
        }
    }
}
