import ServiceLifecycle

/// Reads the key files every few seconds, so that one that vanished is noticed although no alert comes.
struct KeyFileService: Service {
    static let period = Duration.seconds(5)

    let trust: TrustStore

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                try await Task.sleep(for: Self.period)
                trust.refresh()
            }
        }
    }
}
