/// What waits for one BMC: control after control, lowest priority number first, and the patrol behind everything.
struct BMCQueue: Sendable {
    enum Job: Sendable, Hashable {
        case control(ControlKey, priority: Int)
        case visit
    }

    private struct Waiting {
        let key: ControlKey
        let priority: Int
    }

    private var waiting: [Waiting] = []
    /// Whether the patrol wants to look at the BMC, which everything else comes before.
    var isVisitDue = false

    /// Takes a control up, or moves it up where it waits with less urgency.
    mutating func add(_ key: ControlKey, priority: Int) {
        if let known = waiting.firstIndex(where: { $0.key == key }) {
            guard priority < waiting[known].priority else { return }
            waiting.remove(at: known)
        }
        // A BMC has few controls, so a sorted array does. Of one priority, what came first goes first.
        let place = waiting.firstIndex { $0.priority > priority } ?? waiting.endIndex
        waiting.insert(Waiting(key: key, priority: priority), at: place)
    }

    mutating func next() -> Job? {
        if !waiting.isEmpty {
            let first = waiting.removeFirst()
            return .control(first.key, priority: first.priority)
        }
        defer { isVisitDue = false }
        return isVisitDue ? .visit : nil
    }

    /// Takes out all limits of one priority, in their order, but for those that wait to be gone on with.
    mutating func takeLimits(priority: Int, butFor isParked: (ControlKey) -> Bool) -> [ControlKey] {
        var taken: [ControlKey] = []
        waiting.removeAll { job in
            guard job.priority == priority, job.key.facet == .powerLimit, !isParked(job.key) else { return false }
            taken.append(job.key)
            return true
        }
        return taken
    }

    /// Of what comes next.
    var priority: Int { waiting.first?.priority ?? WorkPriority.patrol }

    var isEmpty: Bool { waiting.isEmpty && !isVisitDue }
}
