import Journal
import ServiceLifecycle
import UnixSignals

/// Reads configuration, inventory and keys again on SIGHUP.
struct ReloadService: Service {
    let reload: ConfigurationReload

    func run() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
            _ = await reload.perform(author: CommandAuthor(user: nil, reason: "SIGHUP"))
        }
    }
}
