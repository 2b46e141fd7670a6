import PowerEvents
import Site

/// A convergence at work in one slot of its BMC, or parked while something more urgent is.
struct Run: Sendable {
    let id: RunID
    let key: ControlKey
    /// Of the goal that it pursues.
    let revision: Int
    let priority: Int
    var convergence: Convergence
    var step: Convergence.Step
    /// When its wait is over, counted from when it was first begun.
    var due: Timestamp?
    /// What it can be written through together with others, as last read.
    private(set) var group: String?
    /// Whether something is to be done on the BMC after it, as far as is known.
    var isFollowed = false
    /// Whether the next reading tells whether the write took, for the first time.
    private(set) var isReadingBack = false

    init(_ id: RunID, _ key: ControlKey, _ assignment: Breaches.Assignment, priority: Int) {
        self.id = id
        self.key = key
        self.priority = priority
        revision = assignment.revision
        convergence = assignment.convergence
        step = convergence.start()
    }

    var bmc: BMC { convergence.entry.bmc }

    mutating func didRead(_ result: Result<Reading, BMCFault>, now: Timestamp) {
        isReadingBack = false
        if case .success(let reading) = result { group = reading.group }
        step = convergence.didRead(result, now: now)
    }

    mutating func didWrite(_ result: Result<Void, BMCFault>, now: Timestamp) {
        isReadingBack = true
        step = convergence.didWrite(result, now: now)
    }

    mutating func didRecord() { step = convergence.didRecord() }

    mutating func didNotRecord(_ outcome: Outcome) { step = convergence.didNotRecord(outcome) }

    mutating func didNotWrite(_ outcome: Outcome) { step = convergence.didNotWrite(outcome) }

    /// The next write may not go out now.
    mutating func postpone() {
        _ = convergence.postpone()
        step = .postpone(until: nil)
    }

    mutating func didWait(now: Timestamp) {
        due = nil
        step = convergence.didWait(now: now)
    }

    /// Whether nothing is to be written or awaited next.
    var isPreparing: Bool {
        switch step {
        case .read, .record: true
        case .write, .wait, .postpone, .finish: false
        }
    }
}
