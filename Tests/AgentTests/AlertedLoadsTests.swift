import PowerEvents
import Shedding
import StrictJSON
import Testing

@testable import Agent

/// What alerts said of their feeds, for people.
struct AlertedLoadsTests {
    private static let source = "//grid/v1/poweragent/dps"

    private static func alert(_ number: Int, measured: Int) throws -> BreachAlert {
        let digits = String(number)
        let id = try #require(
            UUIDText("00000000-0000-4000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits))
        return BreachAlert(
            feedTag: "main-a", status: .active, severity: .warning, breachID: id,
            detectedAt: Timestamp(milliseconds: 0), targetCorrelationID: id,
            loadConstraint: PowerQuantity(watts: Watts(1_000_000), unit: .megawatt),
            measuredLoad: PowerQuantity(watts: Watts(measured), unit: .megawatt))
    }

    @Test func theLatestAlertCounts() throws {
        let loads = AlertedLoads()
        let first = try Self.alert(1, measured: 1_150_000)
        loads.note(first, from: Self.source, at: Timestamp(milliseconds: 1))
        loads.note(try Self.alert(1, measured: 950_000), from: Self.source, at: Timestamp(milliseconds: 2))
        let load = try #require(loads.value[first.breachID])
        #expect(load.measured == Watts(950_000) && load.target == Watts(1_000_000))
        #expect(load.at == Timestamp(milliseconds: 2))
    }

    /// A flood of alerts that are refused later must not grow here.
    @Test func theOldestGoWhereThereAreMany() throws {
        let loads = AlertedLoads()
        for number in 0..<1100 {
            loads.note(
                try Self.alert(number, measured: 1), from: Self.source, at: Timestamp(milliseconds: Int64(number)))
        }
        #expect(loads.value.count == 1024)
        #expect(loads.value.values.map(\.at).min() == Timestamp(milliseconds: 76))
    }

    /// They are shown, each once, however often an alert says them; and are unknown until an alert came.
    @Test func whatPeopleAreToDoIsKeptEachOnce() throws {
        var alert = try Self.alert(1, measured: 1)
        alert.infrastructureActions = [.tripBreakers] + Array(repeating: .shutdownNodes, count: 1000)
        let breach = Breach(
            id: alert.breachID, origin: Breach.Origin(source: Self.source, trace: nil, correlationID: nil),
            feed: "main-a", isCritical: false, openedAt: Timestamp(milliseconds: 0), holdDown: .seconds(30))
        let core = try BoardTests.core()
        var snapshot = BoardTests.moment(core, Readiness(core.book.site)).snapshot(summarises: true)
        #expect(snapshot.json(breach)["infrastructure_actions"] == .null)
        let loads = AlertedLoads()
        loads.note(alert, from: "//grid/v1/poweragent/other", at: Timestamp(milliseconds: 1000))
        snapshot.loads = loads.value
        #expect(snapshot.json(breach)["infrastructure_actions"] == .null, "of somebody who does not own the breach")
        loads.note(alert, from: Self.source, at: Timestamp(milliseconds: 2000))
        snapshot.loads = loads.value
        #expect(snapshot.json(breach)["infrastructure_actions"] == ["SHUTDOWN_NODES", "TRIP_BREAKERS"])
        alert.infrastructureActions = []
        loads.note(alert, from: Self.source, at: Timestamp(milliseconds: 3000))
        snapshot.loads = loads.value
        #expect(snapshot.json(breach)["infrastructure_actions"] == [])
    }

    /// Whoever does not own a breach says nothing of it.
    @Test(arguments: [(source, true), ("//grid/v1/poweragent/other", false)])
    func onlyWhoOwnsTheBreachIsBelieved(source: String, isTold: Bool) throws {
        let alert = try Self.alert(1, measured: 1_150_000)
        let loads = AlertedLoads()
        loads.note(alert, from: source, at: Timestamp(milliseconds: 1000))
        let breach = Breach(
            id: alert.breachID, origin: Breach.Origin(source: Self.source, trace: nil, correlationID: nil),
            feed: "main-a", isCritical: false, openedAt: Timestamp(milliseconds: 0), holdDown: .seconds(30))
        let core = try BoardTests.core()
        var snapshot = BoardTests.moment(core, Readiness(core.book.site)).snapshot(summarises: true)
        snapshot.loads = loads.value
        let load = snapshot.json(breach)["load"]
        #expect(load?["measured_watts"]?.number?.int == (isTold ? 1_150_000 : nil))
        #expect(load?["target_watts"]?.number?.int == (isTold ? 1_000_000 : nil))
    }
}
