import ServiceLifecycle

/// Tells the supervisor that the agent runs, that it is well, and that it stops.
struct SupervisorService: Service {
    let supervisor: Supervisor
    /// Comes back as long as the agent does its work. Where it does not, no sign of life is given, and the supervisor ends
    /// and restarts the process; holds are in the journal.
    let isAlive: @Sendable () async -> Bool

    func run() async throws {
        guard await isAlive() else { return }
        supervisor.isReady()
        try? await cancelWhenGracefulShutdown {
            guard let watchdog = supervisor.watchdog else {
                while true { try await Task.sleep(for: .seconds(3600)) }
            }
            while true {
                if await isAlive() { supervisor.isWell() }
                try await Task.sleep(for: watchdog / 2)
            }
        }
        supervisor.isStopping()
        // The rest may take as long as TimeoutStopSec; systemd's watchdog does not count any more.
    }
}
