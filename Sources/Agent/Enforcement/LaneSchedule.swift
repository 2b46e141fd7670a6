import PowerEvents

/// Which lanes are worked off next: lowest priority number first, and not all at once.
///
/// A lane at work takes tens of kilobytes, and of thousands that are begun together each is late. So only as many are
/// begun as the processors can keep going. A lane that takes longer than the grace waits for its BMC and no longer
/// counts: a slow BMC delays nobody else.
struct LaneSchedule {
    private static let few = 32

    private let capacity: Int
    private let mostVisits: Int
    private let grace: Duration
    /// By priority, in the order in which they came. A lane that came again with a better one is in two.
    private var queues: [Int: Queue] = [:]
    /// With the best priority that each came with.
    private var waiting: [LanePlace: Int] = [:]
    /// At work, and not for long; with the priority that each was begun with.
    private var young: [LanePlace: Int] = [:]
    private var enforcing = 0
    /// The lanes that began as looks of the patrol, or wait as that.
    private var visits: Set<LanePlace> = []
    /// How many large changes are on their way to the disk.
    private var preparations = 0
    private var beginnings = Queue()

    private struct Queue {
        private var lanes: [(lane: LanePlace, at: Timestamp)] = []
        private var head = 0

        var first: (lane: LanePlace, at: Timestamp)? { head < lanes.count ? lanes[head] : nil }

        mutating func append(_ lane: LanePlace, at time: Timestamp) { lanes.append((lane, time)) }

        mutating func removeFirst() {
            head += 1
            guard head == lanes.count || head > 1024 else { return }
            lanes.removeFirst(head)
            head = 0
        }
    }

    /// - Parameters:
    ///   - capacity: as many lanes as the processors keep going
    ///   - visits: as many looks of the patrol at once
    init(capacity: Int, visits: Int, grace: Duration = .seconds(2)) {
        self.capacity = max(1, capacity)
        mostVisits = max(1, visits)
        self.grace = grace
    }

    /// The best priority among the lanes that wait.
    var best: Int? { queues.keys.min() }

    /// Whether enforcement leaves room for the patrol: BMCs that are slow do not keep it from the others.
    mutating func isQuiet(now: Timestamp) -> Bool {
        age(now)
        return enforcing < Self.few && best ?? Lane.visit == Lane.visit
    }

    /// Whether the patrol may look at one more BMC. Looks that were begun faster than they end would slow each other down
    /// until none gets its answers in time; here a slow BMC does count.
    var hasRoomForVisit: Bool { visits.count < mostVisits }

    /// A large change is being made durable: only a few lanes begin, since the processors are needed for that, and
    /// nothing is written before it has ended.
    mutating func beginPreparing() { preparations += 1 }

    mutating func endPreparing() { preparations -= 1 }

    func isWaiting(_ lane: LanePlace) -> Bool { waiting[lane] != nil }

    /// Takes a lane up, or forward where it waits with a worse priority.
    mutating func add(_ lane: LanePlace, priority: Int, now: Timestamp) {
        if let known = waiting[lane], known <= priority { return }
        if priority == Lane.visit { visits.insert(lane) }
        waiting[lane] = priority
        queues[priority, default: Queue()].append(lane, at: now)
    }

    /// The next lane to begin with; nil where none waits or enough are at work.
    mutating func next(now: Timestamp) -> LanePlace? {
        age(now)
        guard young.count < (preparations > 0 ? min(Self.few, capacity) : capacity) else { return nil }
        while let priority = best, let lane = queues[priority]?.first?.lane {
            queues[priority]?.removeFirst()
            if queues[priority]?.first == nil { queues[priority] = nil }
            // Otherwise it went ahead with a better priority.
            guard waiting[lane] == priority else { continue }
            waiting[lane] = nil
            young[lane] = priority
            if priority != Lane.visit { enforcing += 1 }
            beginnings.append(lane, at: now)
            return lane
        }
        return nil
    }

    private mutating func age(_ now: Timestamp) {
        while let begun = beginnings.first, now - begun.at > grace {
            beginnings.removeFirst()
            grown(begun.lane)
        }
    }

    /// A lane has nothing left to do.
    mutating func ended(_ lane: LanePlace) {
        visits.remove(lane)
        grown(lane)
    }

    private mutating func grown(_ lane: LanePlace) {
        guard let priority = young.removeValue(forKey: lane) else { return }
        if priority != Lane.visit { enforcing -= 1 }
    }

    /// Forgets all that wait.
    mutating func removeAll() -> [LanePlace] {
        defer {
            visits.subtract(waiting.keys)
            waiting = [:]
            queues = [:]
        }
        return Array(waiting.keys)
    }
}
