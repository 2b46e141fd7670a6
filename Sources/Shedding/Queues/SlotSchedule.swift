import PowerEvents

/// Which BMCs' slots are worked off next: lowest priority number first, and not all at once.
///
/// A slot at work takes tens of kilobytes, and of thousands that are begun together each is late. So only as many are
/// begun as the processors can keep going. A slot that takes longer than the grace waits for its BMC and no longer
/// counts: a slow BMC delays nobody else.
struct SlotSchedule: Sendable {
    /// Below this many slots at work enforcement leaves room for the patrol; and so many begin beside a large change.
    private static let quietThreshold = 32

    private let capacity: Int
    private let mostVisits: Int
    private let grace: Duration
    /// By priority, in the order in which they came. A slot that came again with a better one is in two.
    private var queues: [Int: Line] = [:]
    /// With the best priority that each came with.
    private var waiting: [Slot: Int] = [:]
    /// At work, and not for long; with the priority that each was begun with.
    private var active: [Slot: Int] = [:]
    private var enforcing = 0
    /// The slots that began as looks of the patrol, or wait as that.
    private var visits: Set<Slot> = []
    /// How many large changes are on their way to the disk.
    private var preparations = 0
    private var beginnings = Line()

    private struct Line {
        private var slots: [(slot: Slot, at: Timestamp)] = []
        private var head = 0

        var first: (slot: Slot, at: Timestamp)? { head < slots.count ? slots[head] : nil }

        mutating func append(_ slot: Slot, at time: Timestamp) { slots.append((slot, time)) }

        mutating func removeFirst() {
            head += 1
            guard head == slots.count || head > 1024 else { return }
            slots.removeFirst(head)
            head = 0
        }
    }

    /// - Parameters:
    ///   - capacity: as many slots as the processors keep going
    ///   - visits: as many looks of the patrol at once
    init(capacity: Int, visits: Int, grace: Duration = .seconds(2)) {
        self.capacity = max(1, capacity)
        mostVisits = max(1, visits)
        self.grace = grace
    }

    /// The best priority among the slots that wait.
    var best: Int? { queues.keys.min() }

    /// Whether enforcement leaves room for the patrol: BMCs that are slow do not keep it from the others.
    mutating func isQuiet(now: Timestamp) -> Bool {
        age(now)
        return enforcing < Self.quietThreshold && best ?? WorkPriority.patrol == WorkPriority.patrol
    }

    /// Whether the patrol may look at one more BMC. Looks that were begun faster than they end would slow each other down
    /// until none gets its answers in time; here a slow BMC does count.
    var hasRoomForVisit: Bool { visits.count < mostVisits }

    /// A large change is being made durable: only a few slots begin, since the processors are needed for that, and
    /// nothing is written before it has ended.
    mutating func beginPreparing() { preparations += 1 }

    mutating func endPreparing() { preparations -= 1 }

    func isWaiting(_ slot: Slot) -> Bool { waiting[slot] != nil }

    /// Takes a slot up, or forward where it waits with a worse priority.
    mutating func add(_ slot: Slot, priority: Int, now: Timestamp) {
        if let known = waiting[slot], known <= priority { return }
        if priority == WorkPriority.patrol { visits.insert(slot) }
        waiting[slot] = priority
        queues[priority, default: Line()].append(slot, at: now)
    }

    /// The next slot to begin with; nil where none waits or enough are at work.
    mutating func next(now: Timestamp) -> Slot? {
        age(now)
        guard active.count < (preparations > 0 ? min(Self.quietThreshold, capacity) : capacity) else { return nil }
        while let priority = best, let slot = queues[priority]?.first?.slot {
            queues[priority]?.removeFirst()
            if queues[priority]?.first == nil { queues[priority] = nil }
            // Otherwise it went ahead with a better priority.
            guard waiting[slot] == priority else { continue }
            waiting[slot] = nil
            active[slot] = priority
            if priority != WorkPriority.patrol { enforcing += 1 }
            beginnings.append(slot, at: now)
            return slot
        }
        return nil
    }

    /// When a slot at work no longer counts, where another waits for that; nil where none does.
    var nextDue: Timestamp? {
        guard !waiting.isEmpty, let first = beginnings.first else { return nil }
        return first.at + grace + .milliseconds(1)
    }

    private mutating func age(_ now: Timestamp) {
        while let begun = beginnings.first, now - begun.at > grace {
            beginnings.removeFirst()
            retire(begun.slot)
        }
    }

    /// A slot has nothing left to do.
    mutating func ended(_ slot: Slot) {
        visits.remove(slot)
        retire(slot)
    }

    private mutating func retire(_ slot: Slot) {
        guard let priority = active.removeValue(forKey: slot) else { return }
        if priority != WorkPriority.patrol { enforcing -= 1 }
    }

    /// Forgets all that wait.
    mutating func removeAll() -> [Slot] {
        defer {
            visits.subtract(waiting.keys)
            waiting = [:]
            queues = [:]
        }
        return Array(waiting.keys)
    }
}
