/// The requests that wait on one worker: a heap per origin, and the order among origins.
///
/// A value without a clock or handles, so that its promises (priority, one request a connection, bounded handshakes)
/// can be tested as a table.
struct RequestQueue {
    private struct Origin {
        var waiting = Heap()
        var active = 0
        /// Whether a request has succeeded here, so that a connection is probably still open.
        var isWarm = false
        /// The request that stands for this origin in a ready heap; other entries there are stale.
        var announced: UInt64?
    }

    /// A binary heap of submissions, the one to serve next on top.
    struct Heap {
        private(set) var items: [Submission] = []

        var first: Submission? { items.first }
        var isEmpty: Bool { items.isEmpty }

        mutating func push(_ item: Submission) {
            items.append(item)
            var child = items.count - 1
            while child > 0, items[child].precedes(items[(child - 1) / 2]) {
                items.swapAt(child, (child - 1) / 2)
                child = (child - 1) / 2
            }
        }

        mutating func pop() -> Submission? {
            guard let top = items.first else { return nil }
            let last = items.removeLast()
            if !items.isEmpty {
                items[0] = last
                sink()
            }
            return top
        }

        mutating func remove(id: UInt64) -> Submission? {
            guard let index = items.firstIndex(where: { $0.id == id }) else { return nil }
            let removed = items.remove(at: index)
            let rest = items
            items = []
            for item in rest { push(item) }
            return removed
        }

        private mutating func sink() {
            var parent = 0
            while true {
                let left = 2 * parent + 1
                var best = parent
                if left < items.count, items[left].precedes(items[best]) { best = left }
                if left + 1 < items.count, items[left + 1].precedes(items[best]) { best = left + 1 }
                if best == parent { return }
                items.swapAt(parent, best)
                parent = best
            }
        }
    }

    let connectionsPerOrigin: Int
    let maximumInFlight: Int
    private var origins: [String: Origin] = [:]
    /// The best request of every origin that has a connection free: those with an open one, and the others.
    private var warm = Heap()
    private var cold = Heap()
    private(set) var inFlight = 0
    private(set) var waiting = 0

    init(connectionsPerOrigin: Int, maximumInFlight: Int) {
        self.connectionsPerOrigin = max(1, connectionsPerOrigin)
        self.maximumInFlight = max(1, maximumInFlight)
    }

    mutating func add(_ submission: Submission) {
        waiting += 1
        origins[submission.origin, default: Origin()].waiting.push(submission)
        announce(submission.origin)
    }

    /// Takes a waiting request out again; nil where it has started or is unknown.
    mutating func remove(id: UInt64, origin: String) -> Submission? {
        guard let removed = origins[origin]?.waiting.remove(id: id) else { return nil }
        waiting -= 1
        // Its entry in a ready heap is stale by this; it would be served after it was cancelled.
        if origins[origin]?.announced == id { origins[origin]?.announced = nil }
        announce(origin)
        return removed
    }

    /// The next request that may start now: the lowest priority number among the origins with a free connection.
    ///
    /// - Parameter mayConnect: whether another handshake may begin. Where not, origins with an open connection still
    ///   may go on.
    mutating func next(mayConnect: Bool) -> Submission? {
        guard inFlight < maximumInFlight else { return nil }
        Self.dropStale(from: &warm, isWarm: true, origins)
        Self.dropStale(from: &cold, isWarm: false, origins)
        let candidate: Submission?
        switch (warm.first, mayConnect ? cold.first : nil) {
        case (let one?, let other?) where other.precedes(one): candidate = cold.pop()
        case (.some, _): candidate = warm.pop()
        case (nil, .some): candidate = cold.pop()
        case (nil, nil): candidate = nil
        }
        guard let candidate else { return nil }
        _ = origins[candidate.origin]?.waiting.pop()
        origins[candidate.origin]?.active += 1
        origins[candidate.origin]?.announced = nil
        waiting -= 1
        inFlight += 1
        announce(candidate.origin)
        return candidate
    }

    func isWarm(_ origin: String) -> Bool { origins[origin]?.isWarm ?? false }

    /// A request has ended; `warm` says whether its connection can be expected to serve the next one.
    mutating func finished(origin: String, warm: Bool) {
        inFlight -= 1
        origins[origin]?.active -= 1
        set(origin, warm: warm)
    }

    /// The connections of an origin were closed.
    mutating func closed(origin: String) { if origins[origin] != nil { set(origin, warm: false) } }

    private mutating func set(_ origin: String, warm: Bool) {
        if origins[origin]?.isWarm != warm {
            origins[origin]?.isWarm = warm
            // It moves to the other ready heap.
            origins[origin]?.announced = nil
        }
        announce(origin)
    }

    mutating func removeAll() -> [Submission] {
        let all = origins.values.flatMap(\.waiting.items)
        origins = [:]
        warm = Heap()
        cold = Heap()
        waiting = 0
        return all
    }

    /// Puts an origin's best request among those that are ready, where it has a connection free for it.
    private mutating func announce(_ key: String) {
        guard let origin = origins[key], origin.active < connectionsPerOrigin, let first = origin.waiting.first,
            origin.announced != first.id
        else { return }
        origins[key]?.announced = first.id
        if origin.isWarm { warm.push(first) } else { cold.push(first) }
    }

    /// Entries are not taken out of a ready heap when their origin changes; they are recognised here.
    private static func dropStale(from heap: inout Heap, isWarm: Bool, _ origins: [String: Origin]) {
        while let first = heap.first {
            if let origin = origins[first.origin], origin.announced == first.id, origin.isWarm == isWarm { return }
            _ = heap.pop()
        }
    }
}
