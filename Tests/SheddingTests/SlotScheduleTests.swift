import PowerEvents
import Site
import Testing

@testable import Shedding

struct SlotScheduleTests {
    static let start = Timestamp(milliseconds: 1_000_000)

    static func slot(_ number: Int) throws -> Slot {
        Slot(bmc: try #require(BMC.Address("https://10.0.0.\(number)")), number: 0)
    }

    static func all(_ schedule: inout SlotSchedule, now: Timestamp = start) -> [Slot] {
        var slots: [Slot] = []
        while let slot = schedule.next(now: now) { slots.append(slot) }
        return slots
    }

    static func isQuiet(_ schedule: inout SlotSchedule, now: Timestamp = start) -> Bool { schedule.isQuiet(now: now) }

    @Test func lowestPriorityNumberFirstAndInOrderOfComing() throws {
        var schedule = SlotSchedule(capacity: 10, visits: 10)
        let slots = try (1...5).map { try Self.slot($0) }
        for (slot, priority) in zip(slots, [3, 1, 2, 1, .max]) {
            schedule.add(slot, priority: priority, now: Self.start)
        }
        #expect(schedule.best == 1)
        #expect(Self.all(&schedule) == [slots[1], slots[3], slots[2], slots[0], slots[4]])
        #expect(schedule.best == nil)
    }

    @Test func aSlotThatBecomesMoreUrgentGoesAheadAndOnce() throws {
        var schedule = SlotSchedule(capacity: 10, visits: 10)
        let (slow, other) = (try Self.slot(1), try Self.slot(2))
        schedule.add(slow, priority: 5, now: Self.start)
        schedule.add(other, priority: 3, now: Self.start)
        schedule.add(slow, priority: 1, now: Self.start)
        schedule.add(slow, priority: 4, now: Self.start)
        #expect(Self.all(&schedule) == [slow, other])
        #expect(!schedule.isWaiting(slow))
    }

    @Test func noMoreThanThereIsRoomFor() throws {
        var schedule = SlotSchedule(capacity: 2, visits: 10)
        let slots = try (1...4).map { try Self.slot($0) }
        for slot in slots { schedule.add(slot, priority: 1, now: Self.start) }
        #expect(Self.all(&schedule) == [slots[0], slots[1]])
        schedule.ended(slots[0])
        #expect(Self.all(&schedule) == [slots[2]])
    }

    /// While thousands of hints are being made durable, a few slots begin, and the others as soon as that has ended.
    @Test func fewBeginWhileALargeChangeIsMadeDurable() throws {
        var schedule = SlotSchedule(capacity: 100, visits: 10)
        let slots = try (1...60).map { try Self.slot($0) }
        for slot in slots { schedule.add(slot, priority: 1, now: Self.start) }
        schedule.beginPreparing()
        #expect(Self.all(&schedule) == Array(slots.prefix(32)))
        schedule.endPreparing()
        #expect(Self.all(&schedule) == Array(slots.dropFirst(32)))
    }

    /// BMCs that keep their slot waiting delay nobody else.
    @Test func whatTakesLongNoLongerCounts() throws {
        var schedule = SlotSchedule(capacity: 2, visits: 10, grace: .seconds(2))
        let slots = try (1...6).map { try Self.slot($0) }
        for slot in slots { schedule.add(slot, priority: 1, now: Self.start) }
        #expect(Self.all(&schedule).count == 2)
        #expect(Self.all(&schedule, now: Self.start + .seconds(2)).isEmpty)
        #expect(Self.all(&schedule, now: Self.start + .seconds(3)) == [slots[2], slots[3]])
        // Ended long after it ceased to count, it makes no second room.
        schedule.ended(slots[0])
        #expect(Self.all(&schedule, now: Self.start + .seconds(3)).isEmpty)
    }

    @Test func whatIsForgottenDoesNotBegin() throws {
        var schedule = SlotSchedule(capacity: 2, visits: 10)
        schedule.add(try Self.slot(1), priority: 1, now: Self.start)
        #expect(schedule.removeAll() == [try Self.slot(1)])
        #expect(Self.all(&schedule).isEmpty)
    }

    /// The patrol waits for a shed, and not for the few BMCs that keep a shed waiting.
    @Test func thePatrolYieldsToMuchEnforcement() throws {
        var schedule = SlotSchedule(capacity: 100, visits: 10, grace: .seconds(2))
        for number in 1...40 { schedule.add(try Self.slot(number), priority: WorkPriority.patrol, now: Self.start) }
        #expect(Self.isQuiet(&schedule))
        #expect(Self.all(&schedule).count == 40)
        #expect(Self.isQuiet(&schedule))
        schedule.add(try Self.slot(41), priority: 1, now: Self.start)
        #expect(!Self.isQuiet(&schedule))
        _ = Self.all(&schedule)
        #expect(Self.isQuiet(&schedule))
        for number in 42...90 { schedule.add(try Self.slot(number), priority: 1, now: Self.start) }
        _ = Self.all(&schedule)
        #expect(!Self.isQuiet(&schedule))
        for number in 42...80 { schedule.ended(try Self.slot(number)) }
        #expect(Self.isQuiet(&schedule))
        for number in 100...190 { schedule.add(try Self.slot(number), priority: 1, now: Self.start) }
        _ = Self.all(&schedule)
        #expect(!Self.isQuiet(&schedule))
        // What is still there then waits for its BMC.
        #expect(!Self.isQuiet(&schedule, now: Self.start + .seconds(3)))
        _ = Self.all(&schedule, now: Self.start + .seconds(3))
        #expect(Self.isQuiet(&schedule, now: Self.start + .seconds(6)))
    }

    /// Looks at BMCs that have become slow do not pile up, and those that were begun long ago still count.
    @Test func thePatrolWaitsForItsOwnLooks() throws {
        var schedule = SlotSchedule(capacity: 100, visits: 2, grace: .seconds(2))
        let slots = try (1...3).map { try Self.slot($0) }
        for slot in slots.prefix(2) {
            #expect(schedule.hasRoomForVisit)
            schedule.add(slot, priority: WorkPriority.patrol, now: Self.start)
        }
        #expect(!schedule.hasRoomForVisit)
        #expect(Self.all(&schedule) == Array(slots.prefix(2)))
        #expect(Self.isQuiet(&schedule, now: Self.start + .seconds(60)))
        #expect(!schedule.hasRoomForVisit)
        schedule.ended(slots[0])
        #expect(schedule.hasRoomForVisit)
        schedule.add(slots[2], priority: WorkPriority.patrol, now: Self.start)
        #expect(schedule.removeAll() == [slots[2]])
        #expect(schedule.hasRoomForVisit)
        // Enforcement is no look, and does not keep the patrol out by this.
        schedule.add(slots[2], priority: 1, now: Self.start)
        #expect(schedule.hasRoomForVisit)
    }
}
