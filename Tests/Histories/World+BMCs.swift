import PowerEvents
import Shedding
import Site
import StrictJSON

/// The BMCs, as the agent hears of them.
extension World {
    func latency() -> Duration {
        .milliseconds(
            random.chance(5) ? Int.random(in: 500...2500, using: &random) : Int.random(in: 5...150, using: &random))
    }

    func answerDelay<Success>(_ result: Result<Success, BMCFault>) -> Duration {
        if case .failure(let fault) = result, fault.kind == .unreachable || fault.kind == .unknownEffect {
            return .seconds(5)
        }
        return latency()
    }

    /// Counts requests to a BMC, over no more than its connections.
    private func begin(_ bmc: BMC.Address) {
        view.inFlight[bmc, default: 0] += 1
        if view.inFlight[bmc, default: 0] > history.bounds.slotsPerBMC { fail("too many requests at once to \(bmc)") }
    }

    private func end(_ bmc: BMC.Address, after delay: Duration, of life: Int) {
        time.after(delay) { [self] in if lives == life { view.inFlight[bmc, default: 1] -= 1 } }
    }

    // MARK: Reads

    func read(
        _ order: ReadOrder, by agent: VirtualAgent,
        then: @escaping (Duration, Result<Reading, BMCFault>, _ arrived: @escaping () -> Void) -> Void
    ) {
        let key = order.entry.key
        let node = HistorySite.node(of: key.resource)
        checkOrder(of: order)
        if order.timeLeft <= .zero { return then(.zero, .failure(BMCFault(.outOfTime, "no time left"))) {} }
        begin(order.slot.bmc)
        time.after(latency()) { [self] in
            bmcs[node]?.machine.advance(to: time.now)
            guard let bmc = bmcs[node] else { return }
            let identity = identity(of: node, noOlderThan: order.identityAge, by: agent)
            let result = bmc.read(key, identity: identity.told, now: time.now)
            let delay = answerDelay(result)
            end(order.slot.bmc, after: delay, of: agent.life)
            let place = bmc.place(of: key.resource)
            if identity.serial != bmc.machine.serial { bmcs[node]?.mistake(at: place) }
            let (register, power, now) = (bmc.machine.registers[place], bmc.machine.power, time.now)
            then(delay, result) { [self] in
                note("read \(order.id) \(key): \(Self.text(result))")
                if case .failure(let fault) = result, fault.kind == .machineOff {
                    view.saidOff.insert(place)
                }
                if case .failure(let fault) = result, fault.kind == .unsupported {
                    view.seenMissing[place] = view.seenMissing[place] ?? now
                }
                guard case .success = result else { return }
                view.saidOff.remove(place)
                if view.runs[key]?.serial == nil {
                    view.runs[key]?.serial = bmc.machine.serial
                    view.runs[key]?.isIdentified = identity.told != nil
                }
                if key.facet == .powerState {
                    view.unreadResets.remove(node)
                    view.powers[node] = .init(state: power, serial: bmc.machine.serial)
                    didShow(power, of: node, serial: bmc.machine.serial)
                } else if let register {
                    noteUnseen(register, by: order.id)
                    bmcs[node]?.machine.registers[place]?.isUnread = false
                    if let awaited = register.awaited, awaited != register.shown(at: now) {
                        bmcs[node]?.machine.registers[place]?.awaited = nil
                    }
                    // Until the end of its run it looks whether the write took after all.
                    if let owed = register.owed, let refused = owed.refused, !refused.isSeen,
                        owed.priors.contains(register.watts), view.refusedRuns[place] != order.id
                    {
                        if view.refusedRuns[place] == nil {
                            view.refusedRuns[place] = order.id
                        } else {
                            bmcs[node]?.machine.registers[place]?.owed?.refused?.isSeen = true
                        }
                    }
                    view.looks[place] = .init(
                        watts: register.shown(at: now), author: register.author,
                        isTakenForOurs: register.isTakenForOurs, version: register.version,
                        dialect: register.dialect, at: time.now)
                    view.ownLooks[key] = view.looks[place]
                    noteStanding(at: place, of: bmc, shown: register.shown(at: now))
                    if register.author == .person || register.author == .otherAgent {
                        let known = register.owed?.leftAlone
                        if known?.watts != register.shown(at: now) {
                            bmcs[node]?.machine.registers[place]?.owed?.leftAlone = .init(
                                watts: register.shown(at: now), run: order.id)
                        }
                    }
                    if register.author == .agent { bmcs[node]?.machine.registers[place]?.owed?.isSeenHeld = true }
                }
            }
        }
    }

    /// A write of which nothing was seen by who had sent it, as nobody answered or another machine did: what the BMC made of
    /// it, unless that is near to it, is not told from what somebody else has set.
    private func noteUnseen(_ register: Register, by run: RunID) {
        guard register.isUnread, register.author == .agent, let writer = register.writer, let watts = register.watts,
            let owed = register.owed, writer.life != lives || writer.run != run,
            !owed.sent.contains(where: { abs($0 - watts) <= $0 / 8 })
        else { return }
        for node in bmcs.keys where bmcs[node]?.machine.registers[register.id] != nil {
            bmcs[node]?.machine.registers[register.id]?.owed?.isUnknown = true
        }
    }

    /// Who the machine says that it is, asked anew where what is known is too old.
    private func identity(
        of node: String, noOlderThan age: Duration, by agent: VirtualAgent
    ) -> ProcessView.Identity {
        if lives == agent.life, let known = view.identities[node], known.told != nil, time.now - known.at < age {
            return known
        }
        let identity = ProcessView.Identity(
            told: bmcs[node]?.identity, serial: bmcs[node]?.machine.serial ?? "", at: time.now)
        if lives == agent.life { view.identities[node] = identity }
        return identity
    }

    /// Once a machine that was suspended was seen running, it is nobody's to power on.
    private func didShow(_ power: PowerState, of node: String, serial: String) {
        guard bmcs[node]?.machine.serial == serial, var suspension = bmcs[node]?.machine.suspension else { return }
        if power.isDown {
            suspension.isSeenDown = true
        } else if power == .on, suspension.isSeenDown, !suspension.isLost {
            suspension.isLost = true
            undurableLosses.insert(node)
        }
        bmcs[node]?.machine.suspension = suspension
    }

    private static func text(_ result: Result<Reading, BMCFault>) -> String {
        switch result {
        case .success(let reading): "\(reading.value)"
        case .failure(let fault): "\(fault.kind) \(fault.message)"
        }
    }

    // MARK: Writes

    func write(
        _ order: WriteOrder, by agent: VirtualAgent,
        then: @escaping (Duration, [Result<Void, BMCFault>]) -> Void
    ) {
        guard let first = order.changes.first else { return then(.zero, []) }
        // A request that has no time left is not sent.
        if order.timeLeft <= .zero {
            return then(.zero, order.changes.map { _ in .failure(BMCFault(.outOfTime, "no time left")) })
        }
        let node = HistorySite.node(of: first.entry.key.resource)
        begin(order.slot.bmc)
        let changes = order.changes.map { change in
            (change, isRestore: check(change.write, change.entry), version: version(of: change.entry.key))
        }
        guard let member = agent.member else { return send(order, changes, node, by: agent, then) }
        checkRight(of: agent, first.entry.key)
        agent.later(.zero) { [self] in
            let fault =
                !member.isFenceOpen
                ? BMCFault(.fenced, "no lease") : member.isCutFromBMCs ? BMCFault(.unreachable, "no route") : nil
            if let fault {
                end(order.slot.bmc, after: .milliseconds(1), of: agent.life)
                return then(.milliseconds(1), order.changes.map { _ in .failure(fault) })
            }
            checkLease(of: agent, first.entry.key)
            if case .reset = first.write, let why = cluster?.send(reset: node, life: agent.life) { fail(why) }
            send(order, changes, node, by: agent, then)
        }
    }

    private func send(
        _ order: WriteOrder, _ changes: [(WriteOrder.Change, isRestore: Bool, version: Int?)], _ node: String,
        by agent: VirtualAgent, _ then: @escaping (Duration, [Result<Void, BMCFault>]) -> Void
    ) {
        let isReset = changes.contains { if case .reset = $0.0.write { true } else { false } }
        time.after(cluster?.obedience(of: node, isReset: isReset) ?? latency()) { [self] in
            bmcs[node]?.machine.advance(to: time.now)
            var results: [Result<Void, BMCFault>] = []
            for (change, isRestore, version) in changes {
                results.append(
                    arrive(change.write, change.entry.key, isRestore: isRestore, version: version, of: agent))
            }
            for (change, result) in zip(order.changes, results) {
                note(
                    "\(change.write) \(change.entry.key): \(result), holds \(bmcs[node]?.register(of: change.entry.key.resource).map { "\(Self.text($0.watts)) by \($0.author), owed \($0.owed.map { "\($0.priors)" } ?? "nothing")" } ?? "")"
                )
            }
            let delay = results.map { answerDelay($0) }.max() ?? .zero
            end(order.slot.bmc, after: delay, of: agent.life)
            then(delay, results)
        }
    }

    private func version(of key: ControlKey) -> Int? {
        key.facet == .powerLimit ? view.ownLooks[key]?.version : nil
    }

    /// A write gets to its BMC. - Returns: what the BMC answers
    private func arrive(
        _ write: Convergence.Write, _ key: ControlKey, isRestore: Bool, version: Int?, of agent: VirtualAgent
    ) -> Result<Void, BMCFault> {
        let node = HistorySite.node(of: key.resource)
        guard let bmc = bmcs[node] else { return .failure(BMCFault(.unsupported, "no machine")) }
        let place = bmc.place(of: key.resource)
        if key.facet == .powerLimit, bmc.fault(at: time.now) == .racing {
            let watts = random.pick([nil, 450, 800])
            bmcs[node]?.machine.registers[place]?.set(bmc.made(of: watts), by: .otherAgent, at: time.now)
        }
        var (answer, obeys) = bmc.verdict(write, now: time.now)
        if key.facet == .powerLimit, place.contains("gpu"), bmc.machine.power != .on {
            // It went with the power.
            if case .success = answer { answer = .failure(BMCFault(.machineOff, "the host is \(bmc.machine.power)")) }
            obeys = false
        }
        if case .reset(let type) = write {
            let isStart = type == .on || type == .resume
            let why = cluster?.arrive(reset: node, isStart: isStart, life: agent.life, obeys: obeys, on: bmc.machine)
            if let why { fail(why) }
            guard obeys else { return answer }
            if bmcs[node]?.reset(type, now: time.now) != true { return .failure(BMCFault(.refused, "409")) }
            return answer
        }
        guard let register = bmcs[node]?.machine.registers[place] else {
            return .failure(BMCFault(.unsupported, "no such control"))
        }
        if obeys, bmc.ways.hasTags, let version, version != register.version {
            if agent.life == lives, register.owed?.hasTaken == false, register.owed?.attempts == 1 {
                bmcs[node]?.machine.registers[place]?.owed?.overtaken = view.runs[key]?.id
            }
            return .failure(BMCFault(.overtaken, "412"))
        }
        noteAnswer(answer, obeys: obeys, node, place, of: agent.life)
        bmcs[node]?.machine.registers[place]?.isUnread = true
        if agent.life == lives, let run = view.runs[key]?.id {
            bmcs[node]?.machine.registers[place]?.writer = .init(life: lives, run: run)
        }
        bmcs[node]?.machine.registers[place]?.isWritten = true
        if case .success = answer, !isRestore {
            bmcs[node]?.machine.registers[place]?.awaited = .some(register.shown(at: time.now))
        }
        guard obeys else {
            if case .success = answer, let version, version != register.version {
                bmcs[node]?.machine.registers[place]?.takeForOurs()
            }
            return answer
        }
        if bmc.fault(at: time.now) == .taskLost {
            time.after(.seconds(3)) { [self] in apply(write, node, place, isRestore: isRestore, of: agent) }
        } else {
            apply(write, node, place, isRestore: isRestore, of: agent)
        }
        return answer
    }

    /// Keeps account of whether the BMC has said no to every write of a process.
    private func noteAnswer(
        _ answer: Result<Void, BMCFault>, obeys: Bool, _ node: String, _ place: String, of life: Int
    ) {
        guard let owed = bmcs[node]?.machine.registers[place]?.owed else { return }
        var isRefused = false
        if case .failure(let fault) = answer { isRefused = !obeys && [.refused, .unauthorized].contains(fault.kind) }
        let isAlone = owed.attempts == 1 || owed.refused?.life == lives
        bmcs[node]?.machine.registers[place]?.owed?.refused =
            isRefused && isAlone && life == lives ? .init(life: lives) : nil
    }

    private func apply(
        _ write: Convergence.Write, _ node: String, _ place: String, isRestore: Bool, of agent: VirtualAgent
    ) {
        guard let bmc = bmcs[node], var register = bmc.machine.registers[place] else { return }
        let watts: Int?
        switch write {
        case .limit(let limit): watts = limit.wholeWatts
        case .restore(let fragment): watts = Self.watts(fragment)
        case .speed, .mode, .reset: return
        }
        // What the BMC keeps as it was has no part in what is drawn.
        if !isRestore, register.watts != bmc.made(of: watts) { noteWritten(bmc, place) }
        if agent.life <= forgottenLives {
            // To who runs now it is somebody else's.
            register.set(bmc.made(of: watts), by: .otherAgent, at: time.now)
            bmcs[node]?.machine.registers[place] = register
            return
        }
        if register.owed == nil, !isRestore {
            // Another machine was put there while the write was on its way, or it came late.
            register.owed = Register.Owed(
                priors: [register.watts], dialect: register.dialect, isIdentified: false)
            register.owed?.isUnknown = bmc.isJustExchanged(at: time.now)
        }
        register.set(
            bmc.made(of: watts), by: .agent, at: time.now, lags: bmc.fault(at: time.now) == .lagging)
        if !isRestore {
            register.owed?.hasTaken = true
            // What the BMC made of it nobody sees who knows that it is ours.
            let isOvertaken = register.writer.map { $0.life > agent.life } ?? false
            if excusesDeaths, !agent.isAlive, isOvertaken || bmc.made(of: watts) != watts {
                register.owed?.isUnknown = true
            }
        } else if let owed = register.owed, owed.priors.contains(watts) {
            register.closing = watts
            register.lastPrior = watts
            register.owed = nil
        } else if register.owed == nil, bmc.isJustExchanged(at: time.now) {
            // It was on its way when the machine was exchanged.
            register.lastPrior = register.watts
        }
        // What a BMC makes of another process's write nobody was told.
        if cluster != nil, agent.life != lives, register.watts != watts { register.owed?.isUnknown = true }
        bmcs[node]?.machine.registers[place] = register
    }

    /// What its machines draw from now on is no baseline of a breach that asks for it.
    private func noteWritten(_ bmc: VirtualBMC, _ place: String) {
        for (id, breach) in model.breaches where breach.isOpen {
            let isAsked = breach.asks.contains { ask in
                ask.targets.contains { $0.node == bmc.node && $0.watts != nil && bmc.place(of: $0.resource) == place }
            }
            if isAsked { written[id, default: []].insert(bmc.node) }
        }
    }

    /// What a raw fragment means, in whichever dialect.
    static func watts(_ fragment: JSONValue) -> Int? {
        for dialect in [Register.Dialect.setPoint, .limitInWatts] {
            if let number = fragment[dialect.rawValue] { return Int(number.text) }
        }
        return nil
    }
}
