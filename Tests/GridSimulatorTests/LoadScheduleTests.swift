import GridSimulator
import PowerEvents
import Testing

struct LoadScheduleTests {
    private static func at(_ seconds: Int64) -> Timestamp { Timestamp(milliseconds: seconds * 1000) }

    private func target(_ watts: Int, _ start: Int64, _ end: Int64? = nil, id: Character = "a") throws -> LoadTarget {
        LoadTarget(
            constraint: PowerQuantity(watts: Watts(watts), unit: .kilowatt), start: Self.at(start),
            end: end.map(Self.at),
            correlationID: try #require(UUIDText("0000000\(id)-0000-4000-8000-000000000000")))
    }

    private func watts(_ schedule: LoadSchedule, _ seconds: Int64...) -> [Double?] {
        seconds.map { schedule.active(at: Self.at($0))?.watts }
    }

    @Test func aTargetForAWhileLeavesTheOlderOneInForceAfterwards() throws {
        var schedule = LoadSchedule()
        #expect(schedule.set(try target(1000, 0)))
        #expect(schedule.set(try target(800, 10, 20, id: "b")))
        #expect(watts(schedule, 0, 9, 10, 19, 20, 1000) == [1000, 1000, 800, 800, 1000, 1000])
    }

    @Test func oneWithoutAnEndReplacesAllThatIsToCome() throws {
        var schedule = LoadSchedule()
        #expect(schedule.set(try target(1000, 0)))
        #expect(schedule.set(try target(700, 50, 60, id: "b")))
        #expect(schedule.set(try target(900, 5, id: "c")))
        #expect(watts(schedule, 4, 5, 55) == [1000, 900, 900])
        #expect(schedule.targets.count == 2)
    }

    @Test func aRemovalClearsItsInterval() throws {
        var schedule = LoadSchedule()
        #expect(schedule.set(try target(1000, 0)))
        schedule.clear(from: Self.at(10), to: Self.at(20))
        #expect(watts(schedule, 9, 10, 19, 20) == [1000, nil, nil, 1000])
        schedule.clear(from: Self.at(30), to: nil)
        #expect(watts(schedule, 29, 30, 4000) == [1000, nil, nil])
        schedule.forget(before: Self.at(31))
        #expect(schedule.targets.isEmpty)
    }

    @Test func thereIsABound() throws {
        var schedule = LoadSchedule()
        for second in 0..<1000 { #expect(schedule.set(try target(1000, Int64(second), Int64(second) + 1))) }
        #expect(!schedule.set(try target(1000, 5000, 5001)))
    }
}
