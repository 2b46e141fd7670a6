import Redfish
import Shedding
import Site

/// What waits for one BMC: control after control, lowest priority number first.
struct Lane {
    private struct Job {
        let key: ControlKey
        let priority: Int
        let order: Int
    }

    /// The priority of a look by the patrol: after everything else.
    static let visit = BMCClient.lowestPriority

    private var jobs: [Job] = []
    private var nextOrder = 0
    /// Whether the patrol wants to look at the BMC, which everything else comes before.
    var isVisitDue = false

    /// Takes a control up, or moves it up where it waits with less urgency.
    mutating func add(_ key: ControlKey, priority: Int) {
        if let known = jobs.firstIndex(where: { $0.key == key }) {
            guard priority < jobs[known].priority else { return }
            jobs.remove(at: known)
        }
        let job = Job(key: key, priority: priority, order: nextOrder)
        nextOrder += 1
        // A BMC has few controls, so a sorted array does.
        let place = jobs.firstIndex { $0.priority > priority } ?? jobs.endIndex
        jobs.insert(job, at: place)
    }

    enum Turn: Sendable, Hashable {
        case control(ControlKey, priority: Int)
        case visit
    }

    mutating func next() -> Turn? {
        if !jobs.isEmpty {
            let job = jobs.removeFirst()
            return .control(job.key, priority: job.priority)
        }
        defer { isVisitDue = false }
        return isVisitDue ? .visit : nil
    }

    /// Takes out all limits of one priority, in their order.
    mutating func takeLimits(priority: Int) -> [ControlKey] {
        let isTaken = { (job: Job) in job.priority == priority && job.key.facet == .powerLimit }
        defer { jobs.removeAll(where: isTaken) }
        return jobs.filter(isTaken).map(\.key)
    }

    /// Of what comes next.
    var priority: Int { jobs.first?.priority ?? Self.visit }

    var isEmpty: Bool { jobs.isEmpty && !isVisitDue }
}

/// One of the places that a BMC's lane is worked off at, of which there are as many as it may have connections.
struct LanePlace: Sendable, Hashable {
    let bmc: BMC.Address
    let place: Int
}
