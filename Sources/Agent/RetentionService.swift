import Journal
import Logging
import PowerEvents
import ServiceLifecycle
import Shedding

/// Removes what nobody needs any more, at the start and every hour.
struct RetentionService: Service {
    let store: any Store
    let enforcer: Enforcer
    let logger: Logger
    let wall: @Sendable () -> Timestamp

    func run() async throws {
        while !Task.isCancelled, !Task.isShuttingDownGracefully {
            do {
                try await store.prune(now: wall())
                await enforcer.step(.pruned(closedBefore: wall() - Retention.breaches))
            } catch {
                logger.error("old rows of the journal could not be removed", metadata: ["reason": "\(error)"])
            }
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: .seconds(3600)) }
        }
    }
}
