import Journal
import Logging
import ServiceLifecycle

/// Tidies the journal's write-ahead log up once nothing has been written for a while, so that no transaction of a breach
/// has to.
struct CheckpointService: Service {
    private static let quiet = Duration.seconds(2)

    let store: any Store
    let logger: Logger

    func run() async throws {
        var seen = 0
        var checkpointed = 0
        while !Task.isCancelled, !Task.isShuttingDownGracefully {
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: Self.quiet) }
            let written = store.effort.transactions
            defer { seen = written }
            guard written == seen, written != checkpointed else { continue }
            checkpointed = written
            do { try await store.checkpoint() } catch {
                logger.warning("checkpoint of the journal failed", metadata: ["reason": "\(error)"])
            }
        }
    }
}
