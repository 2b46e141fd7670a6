import PowerEvents
import Site
import Testing

@testable import Agent

struct LaneScheduleTests {
    static let start = Timestamp(milliseconds: 1_000_000)

    static func lane(_ number: Int) throws -> LanePlace {
        LanePlace(bmc: try #require(BMC.Address("https://10.0.0.\(number)")), place: 0)
    }

    static func all(_ schedule: inout LaneSchedule, now: Timestamp = start) -> [LanePlace] {
        var lanes: [LanePlace] = []
        while let lane = schedule.next(now: now) { lanes.append(lane) }
        return lanes
    }

    static func isQuiet(_ schedule: inout LaneSchedule, now: Timestamp = start) -> Bool { schedule.isQuiet(now: now) }

    @Test func lowestPriorityNumberFirstAndInOrderOfComing() throws {
        var schedule = LaneSchedule(capacity: 10, visits: 10)
        let lanes = try (1...5).map { try Self.lane($0) }
        for (lane, priority) in zip(lanes, [3, 1, 2, 1, .max]) {
            schedule.add(lane, priority: priority, now: Self.start)
        }
        #expect(schedule.best == 1)
        #expect(Self.all(&schedule) == [lanes[1], lanes[3], lanes[2], lanes[0], lanes[4]])
        #expect(schedule.best == nil)
    }

    @Test func aLaneThatBecomesMoreUrgentGoesAheadAndOnce() throws {
        var schedule = LaneSchedule(capacity: 10, visits: 10)
        let (slow, other) = (try Self.lane(1), try Self.lane(2))
        schedule.add(slow, priority: 5, now: Self.start)
        schedule.add(other, priority: 3, now: Self.start)
        schedule.add(slow, priority: 1, now: Self.start)
        schedule.add(slow, priority: 4, now: Self.start)
        #expect(Self.all(&schedule) == [slow, other])
        #expect(!schedule.isWaiting(slow))
    }

    @Test func noMoreThanThereIsRoomFor() throws {
        var schedule = LaneSchedule(capacity: 2, visits: 10)
        let lanes = try (1...4).map { try Self.lane($0) }
        for lane in lanes { schedule.add(lane, priority: 1, now: Self.start) }
        #expect(Self.all(&schedule) == [lanes[0], lanes[1]])
        schedule.ended(lanes[0])
        #expect(Self.all(&schedule) == [lanes[2]])
    }

    /// While thousands of hints are being made durable, a few lanes begin, and the others as soon as that has ended.
    @Test func fewBeginWhileALargeChangeIsMadeDurable() throws {
        var schedule = LaneSchedule(capacity: 100, visits: 10)
        let lanes = try (1...60).map { try Self.lane($0) }
        for lane in lanes { schedule.add(lane, priority: 1, now: Self.start) }
        schedule.beginPreparing()
        #expect(Self.all(&schedule) == Array(lanes.prefix(32)))
        schedule.endPreparing()
        #expect(Self.all(&schedule) == Array(lanes.dropFirst(32)))
    }

    /// BMCs that keep their lane waiting delay nobody else.
    @Test func whatTakesLongNoLongerCounts() throws {
        var schedule = LaneSchedule(capacity: 2, visits: 10, grace: .seconds(2))
        let lanes = try (1...6).map { try Self.lane($0) }
        for lane in lanes { schedule.add(lane, priority: 1, now: Self.start) }
        #expect(Self.all(&schedule).count == 2)
        #expect(Self.all(&schedule, now: Self.start + .seconds(2)).isEmpty)
        #expect(Self.all(&schedule, now: Self.start + .seconds(3)) == [lanes[2], lanes[3]])
        // Ended long after it ceased to count, it makes no second room.
        schedule.ended(lanes[0])
        #expect(Self.all(&schedule, now: Self.start + .seconds(3)).isEmpty)
    }

    @Test func whatIsForgottenDoesNotBegin() throws {
        var schedule = LaneSchedule(capacity: 2, visits: 10)
        schedule.add(try Self.lane(1), priority: 1, now: Self.start)
        #expect(schedule.removeAll() == [try Self.lane(1)])
        #expect(Self.all(&schedule).isEmpty)
    }

    /// The patrol waits for a shed, and not for the few BMCs that keep a shed waiting.
    @Test func thePatrolYieldsToMuchEnforcement() throws {
        var schedule = LaneSchedule(capacity: 100, visits: 10, grace: .seconds(2))
        for number in 1...40 { schedule.add(try Self.lane(number), priority: Lane.visit, now: Self.start) }
        #expect(Self.isQuiet(&schedule))
        #expect(Self.all(&schedule).count == 40)
        #expect(Self.isQuiet(&schedule))
        schedule.add(try Self.lane(41), priority: 1, now: Self.start)
        #expect(!Self.isQuiet(&schedule))
        _ = Self.all(&schedule)
        #expect(Self.isQuiet(&schedule))
        for number in 42...90 { schedule.add(try Self.lane(number), priority: 1, now: Self.start) }
        _ = Self.all(&schedule)
        #expect(!Self.isQuiet(&schedule))
        for number in 42...80 { schedule.ended(try Self.lane(number)) }
        #expect(Self.isQuiet(&schedule))
        for number in 100...190 { schedule.add(try Self.lane(number), priority: 1, now: Self.start) }
        _ = Self.all(&schedule)
        #expect(!Self.isQuiet(&schedule))
        // What is still there then waits for its BMC.
        #expect(!Self.isQuiet(&schedule, now: Self.start + .seconds(3)))
        _ = Self.all(&schedule, now: Self.start + .seconds(3))
        #expect(Self.isQuiet(&schedule, now: Self.start + .seconds(6)))
    }

    /// Looks at BMCs that have become slow do not pile up, and those that were begun long ago still count.
    @Test func thePatrolWaitsForItsOwnLooks() throws {
        var schedule = LaneSchedule(capacity: 100, visits: 2, grace: .seconds(2))
        let lanes = try (1...3).map { try Self.lane($0) }
        for lane in lanes.prefix(2) {
            #expect(schedule.hasRoomForVisit)
            schedule.add(lane, priority: Lane.visit, now: Self.start)
        }
        #expect(!schedule.hasRoomForVisit)
        #expect(Self.all(&schedule) == Array(lanes.prefix(2)))
        #expect(Self.isQuiet(&schedule, now: Self.start + .seconds(60)))
        #expect(!schedule.hasRoomForVisit)
        schedule.ended(lanes[0])
        #expect(schedule.hasRoomForVisit)
        schedule.add(lanes[2], priority: Lane.visit, now: Self.start)
        #expect(schedule.removeAll() == [lanes[2]])
        #expect(schedule.hasRoomForVisit)
        // Enforcement is no look, and does not keep the patrol out by this.
        schedule.add(lanes[2], priority: 1, now: Self.start)
        #expect(schedule.hasRoomForVisit)
    }
}
