import Journal
import PowerEvents
import Site
import StrictJSON

@testable import Shedding

/// The broker between the power agent and the agents of the history.
extension World {
    func alert(
        _ breach: Int, _ status: BreachAlert.Status, isCritical: Bool, _ hints: [ShedHint]
    ) -> AcceptedAlert {
        let detected = detectedAt[breach] ?? wall
        detectedAt[breach] = detected
        let alert = BreachAlert(
            feedTag: History.feed(of: breach), status: status, severity: isCritical ? .critical : .warning,
            breachID: History.id(breach), detectedAt: detected, targetCorrelationID: History.id(99),
            loadConstraint: PowerQuantity(watts: Watts(1000), unit: .watt),
            measuredLoad: PowerQuantity(watts: Watts(1300), unit: .watt), shedHints: hints)
        return AcceptedAlert(
            eventID: newID(), source: "//grid/v1/poweragent/a", time: wall, receivedAt: wall, trace: nil,
            correlationID: nil, payload: String(decoding: alert.json.bytes, as: UTF8.self), breachID: alert.breachID)
    }

    func newID() -> UUIDText {
        nextMessage += 1
        return UUIDText(
            randomBytes: withUnsafeBytes(of: nextMessage.bigEndian) { [0, 0, 0, 0, 0, 0, 0, 0] + Array($0) })
    }

    func deliver(_ alert: AcceptedAlert, _ delivery: HistoryStep.Delivery) {
        for copy in 0..<delivery.copies {
            time.after(.milliseconds(delivery.delay + copy * 30)) { [self] in
                kept.append(alert)
                hand()
            }
        }
    }

    func connect() {
        isBrokerUp = true
        guard let agent else { return }
        agent.brokerIsReady()
        hand()
        // As every second.
        publish(by: agent)
    }

    /// Gives the agent what is kept for it. What it does not acknowledge stays.
    func hand() {
        guard isBrokerUp, let agent else { return }
        while var alert = kept.first {
            alert.receivedAt = wall
            guard agent.receive(alert) else {
                time.after(.seconds(1)) { [self] in hand() }
                return
            }
            kept.removeFirst()
        }
    }

    func publish(by agent: VirtualAgent) {
        guard isBrokerUp, agent.isAlive, !isDiskBad, let waiting = try? journal.unpublished(limit: 100) else {
            time.after(.seconds(1)) { [self] in if let agent = self.agent { publish(by: agent) } }
            return
        }
        var acknowledged: [UUIDText] = []
        for event in waiting {
            if let known = events[event.eventID], known != event.payload { fail("one id with two contents") }
            events[event.eventID] = event.payload
            if let json = try? JSONValue(parsing: event.payload), let report = try? Enforcement(json: json) {
                reports[event.breachID] = (report, time.now)
                if report.action == .applied {
                    let told = report.results.filter { $0.code == .applied }
                    toldApplied[event.breachID] = Set(
                        told.map { "\($0.requestedAction.rawValue) \($0.resourceID)" })
                }
            } else {
                fail("an event that is no enforcement")
            }
            // An agent that dies before the journal knows publishes them again.
            guard mayGoOn() else { return }
            acknowledged.append(event.eventID)
        }
        do { try journal.markPublished(acknowledged, now: wall) } catch { fail("\(error)") }
    }

    func compose(_ report: Report) -> OutboxEvent {
        if report.enforcement.action == .applied {
            for result in report.enforcement.results where result.code == .applied {
                check(result, of: report.enforcement.breachID)
            }
        }
        return OutboxEvent(
            eventID: newID(), breachID: report.enforcement.breachID, topic: "t", payload: report.enforcement.json.bytes,
            createdAt: wall)
    }

    /// Applied means read back: when the agent last looked, it was so.
    func check(_ result: EnforcementResult, of breach: UUIDText) {
        let hints = model.hints(of: breach).filter {
            $0.hint.resourceID == result.resourceID && $0.hint.action == result.requestedAction
        }
        for (hint, feed) in hints.prefix(1) {
            for target in model.targets(of: hint, feed: feed) {
                let isDown = seenPower[Self.node(of: target.id)]?.isDown ?? false
                let bound = hints.compactMap { model.bound($0.hint, on: target) }.max()
                let isHeld = bound.flatMap { bound in seen[target.id]?.watts.map { $0 <= bound + 1 } } ?? false
                if !isDown, !isHeld {
                    fail(
                        "reported as applied: \(hint.action) \(target.id), which was read as \(seen[target.id]?.watts.map { "\($0) W" } ?? "no limit"); it says \(result.message ?? "") and holds \(value(target.id))"
                    )
                }
            }
        }
    }
}
