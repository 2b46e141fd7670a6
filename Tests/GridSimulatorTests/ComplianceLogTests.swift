import GridSimulator
import PowerEvents
import Testing

struct ComplianceLogTests {
    private let start = GridWorld.start
    private let id = GridWorld.correlation

    private func status(
        _ seconds: Int64, _ event: PowerStateStatus.Event, compliant: Bool, hasTarget: Bool = true,
        feeds: [String] = ["a"]
    ) -> PowerStateStatus {
        let power = PowerQuantity(watts: Watts(1000), unit: .kilowatt)
        return PowerStateStatus(
            snapshotTime: start + .seconds(seconds), event: event,
            feeds: feeds.map { tag in
                (
                    tag,
                    FeedState(
                        powerMinimum: power, powerMaximum: power, defaultConstraint: power,
                        targets: hasTarget ? [.init(active: true, loadConstraint: power, correlationID: id)] : [],
                        calculatedLoad: power, compliant: compliant)
                )
            })
    }

    @Test func complianceIsTimedAndItsInterruptionsCounted() {
        var log = ComplianceLog(correlationID: id, feeds: ["a"], sentAt: start)
        #expect(log.take(status(0, .targetSet, compliant: false), correlationID: id) == ["a: target_set"])
        #expect(!log.isMet)
        _ = log.take(status(12, .endRampDown, compliant: true), correlationID: id)
        #expect(log.isMet && log.timeToCompliance(of: "a") == .seconds(12))
        _ = log.take(status(20, .periodic, compliant: false), correlationID: id)
        _ = log.take(status(30, .periodic, compliant: true), correlationID: id)
        _ = log.take(status(34, .periodic, compliant: true), correlationID: id)
        #expect(log.feeds["a"]?.compliantFor == .seconds(12) && log.feeds["a"]?.interruptions == 1)
        #expect(log.isMet(within: .seconds(12)) && !log.isMet(within: .seconds(11)))
    }

    /// A snapshot from before the target was heard of calls the feed compliant, with nothing.
    @Test func whatWasSaidBeforeCountsForNothing() {
        var log = ComplianceLog(correlationID: id, feeds: ["a"], sentAt: start)
        _ = log.take(status(-5, .periodic, compliant: true), correlationID: nil)
        _ = log.take(status(1, .periodic, compliant: true, hasTarget: false), correlationID: nil)
        #expect(!log.isMet && log.feeds["a"]?.isScheduled == false)
    }

    @Test func allFeedsAreThoseThatTheAnswerTellsOf() {
        var log = ComplianceLog(correlationID: id, feeds: [], sentAt: start)
        _ = log.take(status(1, .periodic, compliant: true, hasTarget: false, feeds: ["a", "b"]), correlationID: nil)
        #expect(!log.isMet)
        _ = log.take(status(2, .targetSet, compliant: true, feeds: ["a", "b"]), correlationID: id)
        #expect(log.isMet && log.feeds.count == 2)
    }

    @Test func aRemovalIsMetWhenNoTargetIsLeft() {
        var log = ComplianceLog(correlationID: id, feeds: ["a"], isRemoval: true, sentAt: start)
        _ = log.take(status(1, .periodic, compliant: true), correlationID: nil)
        #expect(!log.isMet)
        _ = log.take(status(2, .targetSet, compliant: true, hasTarget: false), correlationID: id)
        #expect(log.isMet)
    }
}
