import FleetSimulator
import Foundation
import OpenSSL
import PowerEvents
import Site

/// One breach of a story: GPUs are to be capped at 450 W, and the servers of one rack at three fifths of what they may draw.
struct DemoBreach {
    let id: UUIDText
    let watches: [DemoWatch]
    private let feed: String
    private let stage: DemoStage
    private let console: DemoConsole
    private let powerAgent: SimulatedPowerAgent

    /// - Parameters:
    ///   - gpus: the priority of the GPUs' hints
    ///   - servers: that of the servers'
    init(
        on feed: String, gpus: Int, servers: Int, _ stage: DemoStage, _ console: DemoConsole,
        _ powerAgent: SimulatedPowerAgent
    ) throws {
        id = UUIDText(randomBytes: try RandomBytes.draw(16))
        (self.feed, self.stage, self.console, self.powerAgent) = (feed, stage, console, powerAgent)
        watches = stage.site.order.compactMap { stage.site.resources[$0] }.compactMap { resource in
            switch resource.type {
            case .gpu: DemoWatch(resource.id, priority: gpus, goal: .watts(450), fleet: stage.fleet)
            case .node where resource.parent == "rack-a08":
                DemoWatch(
                    resource.id, priority: servers,
                    goal: .watts((stage.fleet.knob(of: resource.id)?.maximum ?? 0) * 60 / 100), fleet: stage.fleet)
            default: nil
            }
        }
    }

    /// Says with an alert that it is so, with its hints, or that it is over.
    func publish(_ status: BreachAlert.Status) async throws {
        let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        let hints = (status == .resolved ? [] : watches).map { watch in
            var watts: PowerQuantity?
            if case .watts(let target) = watch.goal { watts = PowerQuantity(watts: Watts(target), unit: .watt) }
            return ShedHint(
                resourceID: watch.resource, resourceType: stage.site.resources[watch.resource]?.type ?? .node,
                action: .powerCap, priority: watch.priority, targetPower: watts)
        }
        let alert = BreachAlert(
            feedTag: feed, status: status, severity: .critical, breachID: id, detectedAt: now,
            resolvedAt: status == .resolved ? now : nil, targetCorrelationID: id,
            loadConstraint: PowerQuantity(watts: Watts(1_000_000), unit: .megawatt),
            measuredLoad: PowerQuantity(watts: Watts(1_150_000), unit: .megawatt), shedHints: hints)
        try await powerAgent.publish(powerAgent.event(.breachAlert, alert.json, time: now))
        console.line("signed alert \(status.rawValue), \(hints.count) hints, breach \(id)")
    }
}
