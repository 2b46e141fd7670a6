import Shedding

/// What waits for one BMC: control after control, lowest priority number first.
struct Lane {
    private struct Job {
        let key: ControlKey
        let priority: Int
        let order: Int
    }

    private var jobs: [Job] = []
    private var nextOrder = 0
    /// Whether a task is working this lane off.
    var isRunning = false

    mutating func add(_ key: ControlKey, priority: Int) {
        guard !jobs.contains(where: { $0.key == key }) else { return }
        let job = Job(key: key, priority: priority, order: nextOrder)
        nextOrder += 1
        // A BMC has few controls, so a sorted array does.
        let place = jobs.firstIndex { $0.priority > priority } ?? jobs.endIndex
        jobs.insert(job, at: place)
    }

    mutating func next() -> (key: ControlKey, priority: Int)? {
        jobs.isEmpty ? nil : { ($0.key, $0.priority) }(jobs.removeFirst())
    }

    var isEmpty: Bool { jobs.isEmpty }
}
