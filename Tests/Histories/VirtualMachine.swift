import PowerEvents
import Shedding

/// What is behind a BMC's address: a node with its limits and its power, and who switched it.
struct VirtualMachine: Sendable {
    /// What the agent owes a machine that it was about to switch off.
    struct Suspension: Sendable, Hashable {
        /// Whether the agent was shown that it is down.
        var isSeenDown = false
        /// Whether the agent has asked for it to be powered on.
        var isEnding = false
        /// Whether the agent was shown it running after that: it is its people's from then on.
        var isLost = false
    }

    let serial: String
    let uuid: String
    var registers: [String: Register]
    var power = PowerState.on
    /// A change of power that is under way.
    var change: (to: PowerState, at: Timestamp)?
    var suspension: Suspension?
    /// How often it was suspended again after it was seen running, for the breaches of now.
    var resuspensions = 0

    /// Whether it is down, or going down, because this agent said so.
    var isDownByAgent: Bool {
        suspension != nil && suspension?.isLost != true && (power.isDown || change?.to.isDown == true)
    }

    /// Lets a shutdown or start that was asked for come about.
    mutating func advance(to now: Timestamp) {
        guard let change, now >= change.at else { return }
        self.change = nil
        if change.to == .off { loseLimits(at: change.at) }
        power = change.to
    }

    /// GPUs forget their limits with the power; the node's own survives in the BMC.
    private mutating func loseLimits(at now: Timestamp) {
        for (id, register) in registers where register.id.contains("gpu") && register.watts != nil {
            // Of a shutdown that its journal knows nothing of the agent cannot tell that it was its own.
            if suspension == nil {
                registers[id]?.set(nil, by: .firmware, at: now)
            } else {
                registers[id]?.goWithPower(at: now)
            }
        }
    }

    /// Runs again, unless it is this agent that has to see to it.
    mutating func switchOnByPeople(at now: Timestamp) {
        advance(to: now)
        guard power != .on || change?.to.isDown == true, change?.to != .on,
            suspension == nil || suspension?.isLost == true
        else { return }
        change = nil
        power = .on
    }

    /// A switch that the agent has not asked for.
    mutating func switchPower(isOn: Bool, at now: Timestamp) {
        change = nil
        if !isOn {
            for (id, register) in registers where register.id.contains("gpu") && register.watts != nil {
                registers[id]?.set(nil, by: .person, at: now)
            }
        }
        power = isOn ? .on : .off
    }
}
