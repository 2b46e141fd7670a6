import Journal
import ServiceLifecycle
import UnixSignals

/// Reads configuration, inventory and keys again on SIGHUP.
struct ReloadService: Service {
    let reload: @Sendable (CommandAuthor) async -> Void

    func run() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
            await reload(CommandAuthor(user: nil, reason: "SIGHUP"))
        }
    }
}
