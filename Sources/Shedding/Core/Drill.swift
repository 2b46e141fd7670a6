public import PowerEvents

/// A drill and how far it has come. Its holds are a breach of its own kind, so that the journal restores them whatever ends the
/// process; this is of the running process only.
public struct Drill: Sendable, Hashable {
    public enum Phase: String, Sendable, Hashable, CaseIterable {
        /// Limits are read, recorded, written and read back.
        case capping
        /// The caps stand, and meters are read.
        case holding
        case restoring
        case done
    }

    public let order: DrillOrder
    public private(set) var phase = Phase.capping
    public let startedAt: Timestamp
    /// When every cap had ended, well or not.
    public private(set) var settledAt: Timestamp?
    public private(set) var releasedAt: Timestamp?
    public private(set) var endedAt: Timestamp?
    /// Why it was ended before its time; nil where it was not.
    public private(set) var cutShort: String?
    /// What of it had come how far when it was let go.
    public private(set) var progress = BreachProgress()
    public private(set) var power = BreachPower()

    init(_ order: DrillOrder, at now: Timestamp) {
        self.order = order
        startedAt = now
    }

    public var isUnderWay: Bool { phase != .done }

    mutating func settled(at now: Timestamp) {
        phase = .holding
        settledAt = now
    }

    /// - Parameter reason: where it was not its time
    mutating func released(at now: Timestamp, _ progress: BreachProgress, _ power: BreachPower, reason: String?) {
        phase = .restoring
        releasedAt = now
        cutShort = reason
        self.progress = progress
        self.power = power
    }

    mutating func ended(at now: Timestamp) {
        phase = .done
        endedAt = now
    }
}
