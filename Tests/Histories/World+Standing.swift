import PowerEvents
import Shedding

/// Limits that stand as they were asked for, so that nothing is written to them: what the agent makes them lose it owes.
extension World {
    /// The agent was shown a limit.
    func noteStanding(at place: String, of shower: VirtualBMC, shown watts: Int?) {
        guard let bmc = bmcs[shower.node], bmc.machine.serial == shower.machine.serial,
            let register = bmc.machine.registers[place]
        else { return }
        var standing: Register.Standing?
        if let known = register.standing, known.isGoing, watts.map({ $0 >= HistorySite.maximum }) ?? true {
            // As the power leaves it: the agent knows what it was before.
            standing = known
        } else if let watts, register.author != .agent || register.owed == nil {
            let known = register.standing.flatMap { $0.watts == watts ? $0 : nil }
            standing = .init(
                watts: watts, holders: holders(at: place, of: bmc, watts: watts).union(known?.holders ?? []),
                isGoing: bmc.machine.suspension != nil)
        }
        bmcs[bmc.node]?.machine.registers[place]?.standing = standing
        if let standing, standing.isGoing, bmc.machine.isDownByAgent, bmc.machine.power.isDown {
            bmcs[bmc.node]?.machine.registers[place]?.hasGoneMeanwhile(standing)
        }
    }

    /// The agent has decided to switch machines off. What goes with the power from then on it takes for its own doing.
    func noteStandingGoes(_ changes: Changes) {
        for (entry, _) in changes.controls where entry.key.facet == .powerState {
            if case .power? = entry.intent { noteStandingGoes(entry.key.resource) }
        }
    }

    /// The agent is about to switch a machine off.
    func noteStandingGoes(_ node: String) {
        guard let bmc = bmcs[node] else { return }
        for (place, register) in bmc.machine.registers {
            guard let standing = register.standing else { continue }
            bmcs[node]?.machine.registers[place]?.standing?.isGoing = true
            // Those that are over by now have let go of it.
            let holders = holders(at: place, of: bmc, watts: standing.watts)
            bmcs[node]?.machine.registers[place]?.standing?.holders.formIntersection(holders)
        }
    }

    /// The breaches that ask for no less than it is, by itself, and leave its node on: a hint inside a node that is suspended may
    /// be left to that suspend.
    private func holders(at place: String, of bmc: VirtualBMC, watts: Int) -> Set<UUIDText> {
        guard bmc.spare == nil, register(at: place, of: bmc)?.owed == nil else { return [] }
        let lowest = model.targets(.open, of: bmc, at: place).compactMap { model.lowest(on: $0) }.min() ?? 0
        guard watts <= lowest else { return [] }
        let holding = model.breaches.filter { id, breach in
            let targets = breach.asks.flatMap(\.targets).filter { $0.node == bmc.node }
            return breach.isOpen && !model.isOver(id) && !targets.contains { $0.watts == nil }
                && targets.contains { !$0.isInside && bmc.place(of: $0.resource) == place }
        }
        return Set(holding.keys)
    }

    private func register(at place: String, of bmc: VirtualBMC) -> Register? { bmc.machine.registers[place] }

    /// The process has died. What the next one finds in the journal it knows.
    func forgetStanding() {
        for (node, bmc) in bmcs {
            for (place, register) in bmc.machine.registers {
                let isDurable = disk.controls.values.contains { entry in
                    HistorySite.node(of: entry.key.resource) == node && bmc.place(of: entry.key.resource) == place
                        && entry.prior?.value.limit?.wholeWatts == register.standing?.watts
                }
                if !isDurable { bmcs[node]?.machine.registers[place]?.forgetStanding() }
            }
        }
    }
}
