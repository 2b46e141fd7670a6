import StrictJSON

/// What changes of a simulated BMC: its machine and that machine's power, sessions, tasks and faults.
struct BMCState {
    var machine: SimulatedMachine {
        didSet { follow(from: oldValue) }
    }
    let clock: FleetClock
    let seed: UInt64
    /// When it began, on the fleet's clock.
    let born: Double
    /// nil until something changes what the machine draws.
    var physics: MachinePhysics?
    /// What the meters stand still at.
    var frozen: MachinePower?
    /// When Node Manager switches the machine off because a policy's limit cannot be kept.
    var execution: Double?
    /// By token, the session's URI.
    var sessions: [String: String] = [:]
    var nextSession = 1
    var tasks: [String: SimulatedTask] = [:]
    var revision = 1
    var silentTo: Set<String> = []
    var faults = FaultList()
    var writes: [SimulatedBMC.Write] = []
    var timing = ShedTiming()
    var requests = 0
    var inFlight = 0
    var maximumInFlight = 0
    var delay: AnswerDelay
    var handshake = Duration.zero
    var shutdownAt: ContinuousClock.Instant?
    /// What is shown until a write takes, and when that is.
    var late: Pending?
    /// What the limits go back to, and when, because of somebody else or a reboot.
    var undo: Pending?

    /// A machine whose limits come to be shown at a moment. Few BMCs ever have one, so that none has room for it.
    final class Pending: Sendable {
        let at: ContinuousClock.Instant
        let machine: SimulatedMachine

        init(at: ContinuousClock.Instant, machine: SimulatedMachine) {
            self.at = at
            self.machine = machine
        }
    }

    init(machine: SimulatedMachine, address: String, clock: FleetClock) {
        self.machine = machine
        self.clock = clock
        born = clock.now
        seed = address.utf8.reduce(14_695_981_039_346_656_037) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
        delay = AnswerDelay(of: address)
    }

    private mutating func follow(from old: SimulatedMachine) {
        let inputs = PowerInputs(machine)
        if physics != nil || inputs != PowerInputs(old) {
            var own = physics ?? MachinePhysics(PowerInputs(old), seed: seed, at: born)
            own.follow(inputs, at: clock.now)
            physics = own
        }
        guard let policy = machine.nodeManager?.executioner(of: machine), machine.powerState == "On" else {
            execution = nil
            return
        }
        if execution == nil { execution = clock.now + Double(policy.correctionInMs) / 1000 }
    }

    func meters(_ kinds: [Fault.Kind] = []) -> MeterSource {
        MeterSource(physics: physics, born: born, now: clock.now, seed: seed, faults: kinds, frozen: frozen)
    }

    /// What the machine really draws now.
    var power: MachinePower {
        (physics ?? MachinePhysics(PowerInputs(machine), seed: seed, at: born)).power(at: clock.now)
    }

    /// Does what has come due.
    mutating func advance() {
        if let at = shutdownAt, ContinuousClock.now >= at {
            machine.powerState = "Off"
            shutdownAt = nil
        }
        if let late, ContinuousClock.now >= late.at {
            machine.takeLimits(of: late.machine)
            revision += 1
            self.late = nil
        }
        if let undo, ContinuousClock.now >= undo.at {
            machine.takeLimits(of: undo.machine)
            revision += 1
            self.undo = nil
        }
        if let at = execution, clock.now >= at {
            machine.powerState = "Off"
            revision += 1
        }
    }
}
