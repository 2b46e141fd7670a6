import PowerEvents
import Shedding
import Site

/// What becomes durable of what the agent wants remembered.
extension World {
    /// - Parameter now: by the clock of who wrote it; nil for the site's
    func write(_ records: Records, command: Command?, at now: Timestamp? = nil) {
        disk.write(records, now: now ?? wall)
        mirror?.write(records, now: now ?? wall)
        undurableLosses = []
        for (entry, _) in records.changes.controls where entry.intent != nil && entry.key.facet == .powerLimit {
            let node = HistorySite.node(of: entry.key.resource)
            guard let place = bmcs[node]?.place(of: entry.key.resource), let look = view.looks[place] else { continue }
            if bmcs[node]?.machine.registers[place]?.promised == nil {
                bmcs[node]?.machine.registers[place]?.promised = .some(.init(watts: look.watts, life: lives))
            }
        }
        for key in records.changes.removedControls where key.facet == .powerLimit {
            let node = HistorySite.node(of: key.resource)
            guard let place = bmcs[node]?.place(of: key.resource) else { continue }
            // Another of its names has it on.
            if disk.controls.keys.contains(where: { isLimit($0, at: place, of: node) }) { continue }
            bmcs[node]?.machine.registers[place]?.closing = nil
            bmcs[node]?.machine.registers[place]?.promised = nil
            guard let register = bmcs[node]?.machine.registers[place],
                register.owed?.priors.contains(register.watts) == true
            else { continue }
            bmcs[node]?.machine.registers[place]?.lastPrior = register.watts
            bmcs[node]?.machine.registers[place]?.owed = nil
        }
        switch command {
        case .release(let breach, let isHurried): model.released(breach, isHurried: isHurried, at: time.now)
        case .freeze(let freeze): frozenDurably.heard(freeze, at: site)
        case .thaw(let scope): frozenDurably.heard(thaw: scope?.selection.names.first, at: site)
        case .drill(let order): model.begun(order)
        case .resume, nil: break
        }
        for sequence in records.handled {
            model.accepted(sequence, at: time.now)
            noteLetGo()
        }
        if case .release = command { noteLetGo() }
    }

    private func isLimit(_ key: ControlKey, at place: String, of node: String) -> Bool {
        key.facet == .powerLimit && bmcs[node]?.ways.places[key.resource] == place
    }

    /// What no open breach asks for any more.
    func noteLetGo() {
        for (node, bmc) in bmcs {
            if !model.wantsSuspended(node, .open) { bmcs[node]?.machine.resuspensions = 0 }
            for register in bmc.machine.registers.values where register.owed != nil {
                if model.targets(.open, of: bmc, at: register.id).isEmpty {
                    bmcs[node]?.machine.registers[register.id]?.owed?.isLetGo = true
                }
            }
        }
    }
}
