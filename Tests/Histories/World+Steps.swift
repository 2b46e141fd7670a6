import PowerEvents
import Shedding
import Site

/// What befalls them all.
extension World {
    func perform(_ step: HistoryStep) {
        switch step {
        case .alert(let breach, let status, let isCritical, let hints, let delivery):
            deliver(alert(breach, status, isCritical: isCritical, hints), delivery)
        case .largeAlert(let breach, let hints, let unknown):
            let strangers = (0..<unknown).map {
                ShedHint(resourceID: "stranger-\($0)", resourceType: .node, action: .powerCap, priority: 1 + $0 % 3)
            }
            deliver(alert(breach, .active, isCritical: true, hints + strangers), .init())
        case .foreignResolved(let breach):
            // A breach is its source's from when it is known.
            guard model.breaches[History.id(breach)] != nil else { return }
            var forged = alert(breach, .resolved, isCritical: false, [])
            forged.source = History.stranger
            forged.mark = PayloadMark(source: History.stranger, digest: forged.mark.digest)
            deliver(forged, .init())
        case .flood(let breaches):
            for number in 0..<breaches {
                let hint = ShedHint(resourceID: "stranger", resourceType: .node, action: .suspend, priority: 1)
                deliver(alert(History.firstFlood + number, .active, isCritical: true, [hint]), .init(delay: number))
            }
        case .foreignLimit(let resource, let watts): setLimit(of: resource, watts, by: .person)
        case .contention(let resource, let watts, let times):
            let peace = peaces
            for turn in 0..<times {
                time.after(.seconds(40 * turn)) { [self] in
                    if peace == peaces { setLimit(of: resource, watts, by: .otherAgent) }
                }
            }
        case .foreignPower(let node, let isOn):
            bmcs[node]?.machine.advance(to: time.now)
            bmcs[node]?.machine.switchPower(isOn: isOn, at: time.now)
        case .reboot(let node):
            bmcs[node]?.machine.advance(to: time.now)
            for (id, register) in bmcs[node]?.machine.registers ?? [:] where register.watts != nil {
                bmcs[node]?.machine.registers[id]?.set(nil, by: .firmware, at: time.now)
            }
        case .fault(let node, let kind, let seconds): bmcs[node]?.fault = (kind, time.now + .seconds(seconds))
        case .spelling(let node, let spelling): bmcs[node]?.spelling = spelling
        case .move(let resource): move(resource)
        case .exchange(let node): bmcs[node]?.exchange(at: time.now)
        case .clockJump(let seconds): setClock(by: .seconds(seconds))
        case .steadyJump(let seconds): leap(by: .seconds(seconds))
        case .crash(let after, let seconds): crash = (steps + after, .seconds(seconds))
        case .freeze: agent?.command(.freeze(Freeze()))
        case .freezePart(let name, let seconds):
            guard let agent else { return }
            agent.command(
                .freeze(
                    Freeze(scope(name), since: agent.now, until: seconds.map { agent.now + .seconds($0) })))
        case .thaw: thaw()
        case .thawPart(let name): agent?.command(.thaw(scope(name)))
        case .operatorRelease(let breach, let isHurried):
            guard let agent, let known = agent.core.book.breaches[History.id(breach)], isHurried || known.isOpen
            else { return }
            agent.command(.release(History.id(breach), isHurried: isHurried))
        case .badDisk(let seconds): spoilDisk(for: .seconds(seconds))
        case .slowDisk(let seconds): slowDisk(for: .seconds(seconds))
        case .brokerDown(let seconds):
            isBrokerUp = false
            time.after(.seconds(seconds)) { [self] in connect() }
        case .reloadSite(let variant): reload(site: variant)
        case .reloadPolicy(let variant): reload(policy: variant)
        case .reloadMode(let mode): reload(mode: mode)
        case .drill(let names, let percent, let seconds):
            agent?.command(
                .drill(DrillOrder(id: newID(), names: names, share: .percent(percent), hold: .seconds(seconds))))
        case .backup: copyJournal()
        case .restoreBackup: restoreBackup()
        case .lyingDisk(let after, let seconds): lieUntilDeath(after: after, down: .seconds(seconds))
        case .rest(let node, let watts): bmcs[node]?.load.rest = watts
        case .workload(let resource, let watts):
            bmcs[HistorySite.node(of: resource)]?.load.workloads[resource] = watts
        case .standby(let step): cluster?.perform(step)
        case .calm: calm()
        }
    }

    private func scope(_ name: String) -> FreezeScope {
        let selection = ResourceSelection(names: [name])
        return FreezeScope(selection, resources: HostRange.fold(selection.known(in: site).resolved.ids.sorted()))
    }

    private func setLimit(of resource: String, _ watts: Int?, by author: Register.Author) {
        let node = HistorySite.node(of: resource)
        guard let bmc = bmcs[node] else { return }
        if resource.contains("gpu"), bmc.machine.power != .on { return }
        bmcs[node]?.machine.registers[bmc.place(of: resource)]?.set(bmc.made(of: watts), by: author, at: time.now)
    }

    private func move(_ resource: String) {
        let node = HistorySite.node(of: resource)
        // Of a limit with two names that moves between the looks at either, nobody can know that it is one.
        guard let bmc = bmcs[node], !bmc.isShared(bmc.place(of: resource)) else { return }
        guard let place = bmcs[node]?.place(of: resource), let old = bmcs[node]?.machine.registers[place] else {
            return
        }
        bmcs[node]?.machine.registers[place]?.path = old.path + "/v2"
        bmcs[node]?.machine.registers[place]?.dialect = old.dialect == .setPoint ? .limitInWatts : .setPoint
    }
}
