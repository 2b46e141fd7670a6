import FleetSimulator
import GridSimulator
import PowerEvents

/// The configurations of a loop. Waits that would be minutes in production are seconds here; nothing else differs.
enum LoopFiles {
    /// - Parameter hold: a time of the scenario, as a setting of this run
    static func ima(_ stage: LoopStage, hold: (Double) -> String) -> String {
        let throttle = stage.scenario.throttle.map { ", throttle: { power: \($0) }" } ?? ""
        return """
            agent: { id: \(LoopStage.ima.identifier) }
            broker: { url: "mqtt://127.0.0.1:\(stage.brokerPort)" }
            trust:
              - { source: "\(source(.reference))", jwks: power-agent.jwks.json }
              - { source: "\(source(.publicAgent))", jwks: power-agent.jwks.json }
            signing: { key: ima.pem, kid: ima-loop }
            inventory: [site.yaml]
            journal: ima.sqlite
            enforcement: { hold_down: \(hold(5)), step: 25%, every: \(hold(2)), report_after: \(hold(5)), watch_every: \(hold(5)), meter_every: \(hold(4))\(throttle) }
            redfish: { patrol_every: 10s }
            http: 127.0.0.1:0
            control: ima.sock
            """
    }

    static func source(_ player: LoopScenario.Player) -> EventSource {
        player == .reference
            ? EventSource(role: .powerAgent, identifier: "dps-loop")
            : EventSource("//grid/v1/dsx-flex-agent/maxlps") ?? EventSource(role: .powerAgent, identifier: "maxlps")
    }

    private static func behaviour(_ player: LoopScenario.Player) -> String {
        switch player {
        case .reference: ""
        case .publicAgent, .publicUnsigned:
            "behaviour: { hints: feed, resolve: measured, stamps_anew: true, repeats: false, subject_is_topic: true, "
                + "signs: \(player == .publicAgent) }\n"
        }
    }

    static func powerAgent(
        _ stage: LoopStage, _ player: LoopScenario.Player, controlPort: Int, time: (Double) -> String
    ) -> String {
        let powers = stage.fleet.power.feeds
        let feeds = stage.scenario.feeds.map { feed in
            // What the machines of the feed can come to, and what they draw when they have nothing to do.
            let now = powers[feed] ?? 0
            return
                "  \(feed): { minimum: \(Int(now * 0.3))W, maximum: \(Int(now * 1.4))W, default_constraint: \(Int(now * 1.4))W }"
        }.joined(separator: "\n")
        // The public one keeps nothing over a restart.
        let state = player == .reference ? "state: power-agent.state.json\n" : ""
        return """
            agent: { source: "\(source(player))" }
            broker: { url: "mqtt://127.0.0.1:\(stage.brokerPort)" }
            signing: { key: power-agent.pem, kid: power-agent-loop }
            trust:
              - { source: "\(LoopStage.isv)", jwks: isv.jwks.json }
              - { source: "\(LoopStage.ima)", jwks: ima.jwks.json }
            feeds:
            \(feeds)
            inventory: [site.yaml]
            meter: { url: "http://127.0.0.1:\(controlPort)/meters", every: \(time(0.5)), stale_after: \(time(6)) }
            scheduler: { url: "http://127.0.0.1:\(controlPort)/machines" }
            timing: { heartbeat: \(time(5)), repeat_every: \(time(10)), confirm: 2, settle: \(time(6)), resolve_after: \(time(4)), ramp_limit: \(time(45)), ramp_step: 6% }
            \(state)\(behaviour(player))
            """
    }
}
