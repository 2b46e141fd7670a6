import PowerEvents
import Shedding
import StrictJSON

/// A BMC in memory, with its ways: how it spells, rounds and clamps, what it shares, and what is wrong with it.
struct VirtualBMC: Sendable {
    /// What a BMC is like for as long as it lives.
    struct Ways: Sendable {
        /// It refuses a write whose tag is not that of what it holds (412).
        var hasTags = false
        /// The steps in which it keeps limits.
        var increment = 1
        var tellsIncrement = false
        /// It makes this of every lower limit.
        var clamp: Int?
        var resetTypes: [ResetType] = ["On", "ForceOff", "GracefulShutdown"]
        /// Its GPUs' limits are members of one resource, written by one request.
        var isJoint = false
        /// Which register each resource's control is: several may lead to one.
        var places: [String: String] = [:]
    }

    let node: String
    let ways: Ways
    var machine: VirtualMachine
    /// The other machine, which is not behind the address now.
    var spare: VirtualMachine?
    var exchangedAt: Timestamp?
    /// Whether a reset went to a machine in the minute after it had taken another one's place.
    var isPowerBeyondTelling = false
    var spelling = HistoryStep.Spelling.plain
    var load = VirtualLoad()
    var fault: (kind: HistoryStep.FaultKind, until: Timestamp)?

    init(node: String, random: inout SplitMix) {
        self.node = node
        var ways = Ways()
        ways.hasTags = random.chance(50)
        if random.chance(30) {
            ways.increment = random.pick([5, 10, 25])
            ways.tellsIncrement = random.chance(50)
        }
        if random.chance(10) { ways.clamp = 350 }
        ways.isJoint = random.chance(30)
        let offered: [ResetType] = ["On", "ForceOff", "GracefulShutdown"]
        switch node {
        case "n3": ways.resetTypes = ["On", "ForceOff"]
        case "n2": ways.resetTypes = random.pick([offered, offered, ["On", "Pause", "Resume"], ["On", "Suspend"]])
        default: ways.resetTypes = offered
        }
        var registers: [String: Register] = [:]
        let isShared = random.chance(25)
        // A tray has no limit of its own.
        let isTray = HistorySite.trays.contains(node)
        var resources = isTray ? [] : [node]
        resources += (HistorySite.gpus + HistorySite.trayGPUs).filter { HistorySite.node(of: $0) == node }
        if node == "n1" { resources.append(HistorySite.board) }
        for resource in resources {
            var place = resource
            if isShared {
                if resource == HistorySite.board { place = node }
                if resource.hasSuffix("gpu1") { place = "\(node)-gpu0" }
            }
            ways.places[resource] = place
            if registers[place] == nil {
                registers[place] = Register(id: place, watts: random.pick([nil, nil, 700, 1000, ways.clamp ?? 300]))
            }
        }
        self.ways = ways
        machine = VirtualMachine(
            serial: "SN-\(node)", uuid: "4c4c4544-0000-2010-8020-80c04f20200\(node.count)", registers: registers)
        load = VirtualLoad(of: isTray ? resources : [node], isTray: isTray, seed: random)
    }

    /// Whether it has ever obeyed a write of the agent.
    var wasEverWritten: Bool {
        [machine, spare].contains { machine in
            machine?.registers.values.contains { $0.record.contains { $0.author == .agent } } == true
        }
    }

    /// What is wrong at a moment.
    func fault(at now: Timestamp) -> HistoryStep.FaultKind? { fault.flatMap { now < $0.until ? $0.kind : nil } }

    func place(of resource: String) -> String { ways.places[resource] ?? resource }

    /// Whether several names lead to a limit.
    func isShared(_ place: String) -> Bool { ways.places.values.count { $0 == place } > 1 }

    func register(of resource: String) -> Register? { machine.registers[place(of: resource)] }

    /// Whether what is owed of a limit cannot be told by anybody: a process died over its write, or a cap went to a
    /// machine in the minute after it had taken another one's place.
    func isBeyondTelling(_ place: String) -> Bool {
        [machine, spare].contains { $0?.registers[place]?.owed?.isUnknown == true }
    }

    /// One machine is taken for the other, in the minute in which that may be.
    mutating func mistake(at place: String) {
        isPowerBeyondTelling = true
        machine.registers[place]?.owed?.isUnknown = true
        spare?.registers[place]?.owed?.isUnknown = true
    }

    /// Whether a machine may be written to that was not asked who it is since it took another one's place: for a minute.
    func isJustExchanged(at now: Timestamp) -> Bool { exchangedAt.map { now - $0 < .seconds(62) } ?? false }

    /// What it makes of a limit.
    func made(of watts: Int?) -> Int? {
        guard let watts else { return nil }
        let step = ways.increment
        return max((watts + step / 2) / step * step, ways.clamp ?? 0)
    }

    /// How far what it holds may be from what it was told, and count as that.
    var tolerance: Int { max(1, ways.increment - 1) }

    var identity: MachineIdentity? {
        switch spelling {
        case .plain: MachineIdentity(uuid: machine.uuid, serial: machine.serial)
        case .shouting: MachineIdentity(uuid: machine.uuid.uppercased(), serial: machine.serial.lowercased())
        case .padded: MachineIdentity(uuid: nil, serial: "  \(machine.serial)\0\0")
        case .absent: nil
        case .zeros: MachineIdentity(uuid: "00000000-0000-0000-0000-000000000000", serial: "0000")
        }
    }

    /// Another machine takes the place of this one, or this one comes back.
    mutating func exchange(at now: Timestamp) {
        machine.advance(to: now)
        exchangedAt = now
        if let other = spare {
            spare = machine
            machine = other
            // Who puts a machine in place sees to it that it runs, where nobody can know why it does not.
            if isPowerBeyondTelling, machine.power.isDown { machine.power = .on }
            return
        }
        spare = machine
        var registers = machine.registers
        for (id, register) in registers {
            registers[id] = Register(id: id, watts: register.watts == nil ? made(of: 700) : nil)
        }
        machine = VirtualMachine(
            serial: "XX-\(node)", uuid: "deadbeef-0000-2010-8020-80c04f20200\(node.count)", registers: registers)
    }

    // MARK: Requests

    func read(_ key: ControlKey, identity: MachineIdentity?, now: Timestamp) -> Result<Reading, BMCFault> {
        switch fault(at: now) {
        case .unreachable, .silentIgnoring, .silentObeying: return .failure(BMCFault(.unreachable, "no answer"))
        case .busy: return .failure(BMCFault(.busy, "503", retryAfter: .seconds(2)))
        case .unauthorized: return .failure(BMCFault(.unauthorized, "401"))
        default: break
        }
        guard key.facet == .powerLimit else {
            return .success(
                Reading(
                    value: .power(machine.power), fragment: ["PowerState": .string(machine.power.rawValue)],
                    identity: identity, resetTypes: ways.resetTypes))
        }
        guard let register = register(of: key.resource) else {
            return .failure(BMCFault(.unsupported, "no such control"))
        }
        if register.id.contains("gpu"), machine.power != .on {
            // As the client tells it: gone with the power, or not there while the host comes up.
            let kind = machine.power.isDown ? BMCFault.Kind.machineOff : .unsupported
            return .failure(BMCFault(kind, "the host is \(machine.power)"))
        }
        let shown = register.shown(at: now)
        var reading = Reading(
            value: .limit(shown.map { Watts($0) }),
            fragment: [register.dialect.rawValue: shown.map { .number(JSONNumber($0)) } ?? .null],
            range: PowerRange(
                minimum: Watts(HistorySite.minimum), maximum: Watts(HistorySite.maximum),
                increment: ways.tellsIncrement ? Watts(ways.increment) : nil), identity: identity)
        reading.place = ControlPlace(path: register.path, dialect: register.dialect.rawValue)
        if ways.isJoint, register.id.contains("gpu") { reading.group = "\(node)/gpus" }
        return .success(reading)
    }

    /// A write arrives. - Returns: what the BMC will answer, whether it obeys, and when
    func verdict(_ write: Convergence.Write, now: Timestamp) -> (answer: Result<Void, BMCFault>, obeys: Bool) {
        switch fault(at: now) {
        case .unreachable: (.failure(BMCFault(.unreachable, "no route")), false)
        case .busy: (.failure(BMCFault(.busy, "503", retryAfter: .seconds(2))), false)
        case .refusing: (.failure(BMCFault(.refused, "400")), false)
        case .unauthorized: (.failure(BMCFault(.unauthorized, "401")), false)
        case .silentIgnoring: (.failure(BMCFault(.unknownEffect, "no answer")), false)
        case .ignoring: (.success(()), false)
        case .silentObeying, .taskLost: (.failure(BMCFault(.unknownEffect, "no answer")), true)
        case .refusingObeying: (.failure(BMCFault(.refused, "400")), true)
        case .busyObeying: (.failure(BMCFault(.busy, "503", retryAfter: .seconds(2))), true)
        case .lagging, .racing, nil: (.success(()), true)
        }
    }

    /// A reset is obeyed. - Returns: whether it could be
    mutating func reset(_ type: ResetType, now: Timestamp) -> Bool {
        let isStart = type == .on || type == .resume
        if isStart {
            guard machine.power != .on || machine.change != nil else { return true }
            machine.change = (.on, now + .seconds(3))
            if machine.power.isDown { machine.power = .poweringOn }
            return true
        }
        guard machine.power == .on else { return false }
        switch type {
        case "Pause": machine.change = (.paused, now + .seconds(1))
        case "Suspend": machine.change = (.sleeping, now + .seconds(2))
        default: machine.change = (.off, now + .seconds(4))
        }
        return true
    }
}
