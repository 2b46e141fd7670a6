import Logging
import PowerEvents
import Prometheus
import Shedding
import Testing

@testable import Agent

/// When the outbox says nothing, and what people are told of what nobody executes.
struct SilenceTests {
    private static func facts(_ parked: ParkedBreaches, _ metrics: AgentMetrics) throws -> FactLog {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        return FactLog(
            metrics: metrics, logger: logger,
            readiness: ReadinessBoard(
                try BoardTests.site(), round: .seconds(300), logger: logger, now: { Timestamp(milliseconds: 0) }),
            parked: parked)
    }

    /// What was written before a reload to observe waits in the outbox until the mode is enforce again.
    @Test func nothingIsPublishedWhileTheModeIsObserve() throws {
        let parked = ParkedBreaches(mode: .enforce)
        let facts = try Self.facts(parked, AgentMetrics())
        #expect(parked.toldOf == nil, "what waits for an operator is not known yet")
        facts.tell(.heldBack([]))
        #expect(parked.toldOf == [])
        facts.tell(.modeChanged(from: .enforce, to: .observe))
        #expect(parked.toldOf == nil)
        facts.tell(.modeChanged(from: .observe, to: .enforce))
        #expect(parked.toldOf == [])
        #expect(ParkedBreaches(mode: .observe).toldOf == nil, "from the start on")
    }

    @Test func actionsForPeopleAreCountedOncePerAlert() throws {
        let metrics = AgentMetrics()
        #expect(metrics.page.contains("ima_infrastructure_actions_total{action=\"TRIP_BREAKERS\"} 0\n"))
        let id = UUIDText(randomBytes: [1])
        let alert = BreachAlert(
            feedTag: "main-a", status: .active, severity: .critical, breachID: id,
            detectedAt: Timestamp(milliseconds: 0), targetCorrelationID: id,
            loadConstraint: PowerQuantity(watts: Watts(1), unit: .watt),
            measuredLoad: PowerQuantity(watts: Watts(2), unit: .watt),
            infrastructureActions: [.tripBreakers, .tripBreakers])
        let received = ReceivedAlert(
            sequence: 1, source: "s", time: Timestamp(milliseconds: 0), receivedAt: Timestamp(milliseconds: 0),
            eventID: id, mark: PayloadMark(source: "s", digest: "d"), alert: alert)
        try Self.facts(ParkedBreaches(mode: .enforce), metrics).tell(.accepted(received, alert))
        #expect(metrics.page.contains("ima_infrastructure_actions_total{action=\"TRIP_BREAKERS\"} 1\n"))
    }
}
