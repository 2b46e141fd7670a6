import PowerEvents

/// Events on which the broker has ended connections, apart from brokers and time.
///
/// An event that no broker takes must not stand in the way of all others and of the alerts, and an event must not be given
/// up because something else ends connections. So it is held back until a connection has lived without it, and tried once
/// more: what ends that one too is guilty.
struct OutboxSuspects: Sendable {
    enum Judgement: Sendable, Hashable {
        /// It is tried once more, when a connection has proven itself.
        case heldBack
        /// It is what the broker ends connections for.
        case guilty
    }

    /// For so long a connection has to live without it.
    static let proof = Duration.seconds(5)

    private struct Suspicion {
        /// Since when a connection has lived without it.
        var connectedSince: ContinuousClock.Instant?
        var isOnTrial = false
    }

    private var suspicions: [UUIDText: Suspicion] = [:]

    /// Connections in a row were ended while an event was sent.
    mutating func ended(_ event: UUIDText) -> Judgement {
        if suspicions[event]?.isOnTrial == true {
            suspicions[event] = nil
            return .guilty
        }
        suspicions[event] = Suspicion()
        return .heldBack
    }

    /// It was acknowledged, or is gone.
    mutating func acquit(_ event: UUIDText) { suspicions[event] = nil }

    /// What is not to be sent now. To be called about every second.
    mutating func heldBack(isConnected: Bool, now: ContinuousClock.Instant) -> Set<UUIDText> {
        for (event, var suspicion) in suspicions where !suspicion.isOnTrial {
            if !isConnected {
                suspicion.connectedSince = nil
            } else if let since = suspicion.connectedSince {
                suspicion.isOnTrial = now - since >= Self.proof
            } else {
                suspicion.connectedSince = now
            }
            suspicions[event] = suspicion
        }
        return Set(suspicions.filter { !$0.value.isOnTrial }.keys)
    }
}
