import PowerEvents
import Shedding
import Site

/// A convergence at work on one place of its BMC's lane.
///
/// A class: the convergence is large, and a copy in each frame of a lane's task would be much of what thousands of them
/// take. It stays with its lane's task.
final class ConvergenceRun {
    let key: ControlKey
    /// Of the goal that it pursues.
    let revision: Int
    let priority: Int
    /// Of its BMC's queue; another one once it was parked.
    private(set) var place: Int
    /// When its wait is over, where it was begun.
    var due: Timestamp?
    var convergence: Convergence
    var step: Convergence.Step
    /// What it can be written through together with others, as last read.
    var group: String?
    /// Whether something is to be done on the BMC after it, as far as is known.
    var isFollowed = false
    /// Whether the next reading tells whether the write took, for the first time.
    private(set) var isReadingBack = false

    init(_ key: ControlKey, _ assignment: Book.Assignment, priority: Int, place: Int) {
        self.key = key
        self.priority = priority
        self.place = place
        revision = assignment.revision
        convergence = assignment.convergence
        step = convergence.start()
    }

    var bmc: BMC { convergence.entry.bmc }

    /// The same run, taken up again.
    func resumed(at place: Int) -> ConvergenceRun {
        self.place = place
        return self
    }

    /// When a wait is over, counted from when it was first begun.
    func dueAfter(_ duration: Duration, now: Timestamp) -> Timestamp {
        let due = self.due ?? now + duration
        self.due = due
        return due
    }

    func didRead(_ result: Result<Reading, BMCFault>, now: Timestamp) {
        isReadingBack = false
        if case .success(let reading) = result { group = reading.group }
        step = convergence.didRead(result, now: now)
    }

    func didWrite(_ result: Result<Void, BMCFault>, now: Timestamp) {
        isReadingBack = true
        step = convergence.didWrite(result, now: now)
    }

    /// Whether nothing is to be written or awaited next.
    var isPreparing: Bool {
        switch step {
        case .read, .record: true
        case .write, .wait, .finish: false
        }
    }
}
