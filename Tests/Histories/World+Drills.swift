import PowerEvents
import Shedding
import Site

/// Rehearsals of operators: what may be begun for them, and that they end.
extension World {
    /// What a drill may take beyond its hold: its caps' deadline, some grace, and the grain of the clock.
    private static let drillSlack = Duration.seconds(12)

    /// The agent has taken a drill up.
    func heard(_ order: DrillOrder) {
        if let id = model.breaches.first(where: { $0.value.isOpen && !model.heardOver.contains($0.key) })?.key {
            fail("a drill was begun although breach \(id.text.prefix(2)) is open")
        }
        if !model.pending.isEmpty { fail("a drill was begun although an alert has come in") }
        if mode == .observe { fail("a drill was begun in mode: observe") }
        if let agent { frozen.pass(agent.now) }
        if !frozen.isEmpty { fail("a drill was begun although frozen") }
        if !parked.isEmpty { fail("a drill was begun although an operator has not resumed") }
        note("drill \(order.id.text.prefix(2)) begun")
        model.heard(order, site: site, policy: policy, at: time.now)
    }

    /// Sees whether the agent has ended a drill, and whether it was time.
    func lookAtDrills() {
        guard let drill = agent?.core.drill, drill.phase == .restoring || drill.phase == .done,
            let (id, known) = model.openDrills.first(where: { $0.id == drill.order.id })
        else { return }
        note("drill \(id.text.prefix(2)) ended: \(drill.cutShort ?? "by its time")")
        let isEarly = time.now - known.startedAt < known.order.hold
        if drill.cutShort == nil, isEarly, lastJump.map({ $0 < known.startedAt }) ?? true {
            fail("drill \(id.text.prefix(2)) ended before its time")
        }
        endDrill(id)
    }

    /// Of a process that has ended, no other goes on with a drill.
    func endDrills() { for (id, _) in model.openDrills { endDrill(id) } }

    private func endDrill(_ id: UUIDText) {
        model.endDrill(id, at: time.now)
        noteLetGo()
    }

    /// A cap goes out. For a drill only as long as that lasts.
    func checkDrills(_ key: ControlKey, at place: String, of bmc: VirtualBMC) {
        guard lastJump == nil else { return }
        for (id, drill) in model.openDrills {
            let isMeant = model.breaches[id]?.asks.contains { ask in
                ask.targets.contains { $0.node == bmc.node && bmc.place(of: $0.resource) == place }
            }
            let longest = longestDeadline + drill.order.hold + Self.drillSlack
            if isMeant == true, time.now - drill.startedAt > longest {
                fail("\(key) is capped for drill \(id.text.prefix(2)), whose time is over")
            }
        }
    }

    /// After a while of peace no drill holds anything any more.
    func checkDrillsAreOver() {
        for (id, drill) in model.openDrills
        where time.now - drill.startedAt > longestDeadline + drill.order.hold + Self.drillSlack {
            fail("drill \(id.text.prefix(2)) has not ended")
        }
    }
}
