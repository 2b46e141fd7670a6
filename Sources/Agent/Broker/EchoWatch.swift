import PowerEvents
import Synchronization

/// Whether the broker delivers what it acknowledged. Rules of access can let an event vanish after a friendly
/// acknowledgement (MQTT 3.1.1 has no other answer), and only a subscription to our own topic shows that.
final class EchoWatch: Sendable {
    /// How long an event may take from the broker back to us.
    static let patience = Duration.seconds(15)

    private struct State {
        var isListening = false
        var awaited: [UUIDText: ContinuousClock.Instant] = [:]
        /// Echoes that overtook the acknowledgement.
        var early: Set<UUIDText> = []
    }

    private let state = Mutex(State())

    /// The broker let us subscribe to our own topic, or has gone.
    func listen(_ isListening: Bool) {
        state.withLock { state in
            state.isListening = isListening
            state.awaited = [:]
            state.early = []
        }
    }

    func published(_ id: UUIDText, at now: ContinuousClock.Instant = .now) {
        state.withLock { state in
            guard state.isListening, state.early.remove(id) == nil else { return }
            state.awaited[id] = now
        }
    }

    func heard(_ id: UUIDText) {
        state.withLock { state in
            if state.awaited.removeValue(forKey: id) == nil, state.early.count < 1000 { state.early.insert(id) }
        }
    }

    /// Events that should have come back and did not; each is told once.
    func overdue(at now: ContinuousClock.Instant = .now) -> [UUIDText] {
        state.withLock { state in
            let late = state.awaited.filter { now - $0.value > Self.patience }.keys.sorted()
            for id in late { state.awaited[id] = nil }
            return late
        }
    }
}
