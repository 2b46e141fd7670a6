import PowerEvents
import Site

/// Which BMC and which control next: what waits for each BMC, and which of their slots are at work.
///
/// What is wanted of one BMC is done one after the other in each of its slots, of many BMCs at once; sheds before
/// releases and lower numbers first, on each BMC and between them.
struct Queues: Sendable {
    private let slotsPerBMC: Int
    private var queues: [BMC.Address: BMCQueue] = [:]
    /// The slots that are at work, or scheduled.
    private var busy: [BMC.Address: Set<Int>] = [:]
    private var schedule: SlotSchedule

    init(_ bounds: Bounds) {
        slotsPerBMC = bounds.slotsPerBMC
        schedule = SlotSchedule(capacity: bounds.slots, visits: bounds.visits)
    }

    var isAtRest: Bool { busy.isEmpty }

    var busyBMCs: Set<BMC.Address> { Set(busy.keys) }

    // MARK: Coming in

    mutating func add(_ key: ControlKey, at bmc: BMC.Address, priority: Int, now: Timestamp) {
        queues[bmc, default: BMCQueue()].add(key, priority: priority)
        schedule(bmc, now: now)
    }

    mutating func addVisit(at bmc: BMC.Address, now: Timestamp) {
        queues[bmc, default: BMCQueue()].isVisitDue = true
        schedule(bmc, now: now)
    }

    /// What a visit was wanted for is done, or is asked for anew.
    mutating func dropVisit(at bmc: BMC.Address) { queues[bmc]?.isVisitDue = false }

    private mutating func schedule(_ bmc: BMC.Address, now: Timestamp) {
        guard let queue = queues[bmc], !queue.isEmpty else { return }
        let slots = busy[bmc] ?? []
        for slot in slots.map({ Slot(bmc: bmc, number: $0) }) where schedule.isWaiting(slot) {
            schedule.add(slot, priority: queue.priority, now: now)
        }
        if let free = (0..<slotsPerBMC).first(where: { !slots.contains($0) }) {
            busy[bmc, default: []].insert(free)
            schedule.add(Slot(bmc: bmc, number: free), priority: queue.priority, now: now)
        }
    }

    // MARK: Going out

    /// The next slot to begin with; nil where none waits or enough are at work.
    mutating func begin(now: Timestamp) -> Slot? { schedule.next(now: now) }

    /// What a slot is to do next.
    mutating func next(in slot: Slot) -> BMCQueue.Job? { queues[slot.bmc]?.next() }

    /// Takes out the limits that may be written together with one of their BMC and priority.
    mutating func takeLimits(
        at bmc: BMC.Address, priority: Int, butFor isParked: (ControlKey) -> Bool
    ) -> [ControlKey] {
        queues[bmc]?.takeLimits(priority: priority, butFor: isParked) ?? []
    }

    /// Whether something waits for a BMC that goes before a priority.
    func hasMoreUrgent(than priority: Int, at bmc: BMC.Address) -> Bool {
        guard let queue = queues[bmc], !queue.isEmpty else { return false }
        return queue.priority < priority
    }

    /// Whether something waits that goes before a priority, on a slot's BMC or for a slot of another.
    func hasMoreUrgent(than priority: Int, around slot: Slot) -> Bool {
        hasMoreUrgent(than: priority, at: slot.bmc) || schedule.best.map { $0 < priority } ?? false
    }

    func isEmpty(at bmc: BMC.Address) -> Bool { queues[bmc]?.isEmpty ?? true }

    /// Whether a slot is to make room, since what is more urgent waits on other BMCs.
    func isToYield(_ slot: Slot) -> Bool {
        guard let best = schedule.best, let next = queues[slot.bmc]?.priority else { return false }
        return best < next
    }

    /// The slots of a BMC that are at work or scheduled.
    func slots(at bmc: BMC.Address) -> [Slot] { (busy[bmc] ?? []).sorted().map { Slot(bmc: bmc, number: $0) } }

    /// A slot has nothing left to do.
    mutating func ended(_ slot: Slot, now: Timestamp) {
        schedule.ended(slot)
        leave(slot)
        if queues[slot.bmc]?.isEmpty == false { schedule(slot.bmc, now: now) } else { queues[slot.bmc] = nil }
    }

    private mutating func leave(_ slot: Slot) {
        busy[slot.bmc]?.remove(slot.number)
        if busy[slot.bmc]?.isEmpty == true { busy[slot.bmc] = nil }
    }

    /// What has not begun will not.
    mutating func dropAll() {
        for slot in schedule.removeAll() { leave(slot) }
        queues = [:]
    }

    // MARK: Bounds

    mutating func isQuiet(now: Timestamp) -> Bool { schedule.isQuiet(now: now) }

    var hasRoomForVisit: Bool { schedule.hasRoomForVisit }

    mutating func beginPreparing() { schedule.beginPreparing() }

    mutating func endPreparing() { schedule.endPreparing() }

    /// When one of the slots at work no longer counts, where something waits for that; nil where nothing does.
    var nextDue: Timestamp? { schedule.nextDue }
}
