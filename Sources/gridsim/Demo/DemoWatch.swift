import FleetSimulator
import PowerEvents
import StrictJSON

/// One control of the demonstration, watched at the BMC and not at the agent.
struct DemoWatch {
    enum Goal {
        case watts(Int)
        case down
    }

    let resource: String
    let priority: Int
    var goal: Goal
    let knobBefore: PowerKnob?
    let stateBefore: String
    /// What it really drew when the story began.
    let wattsBefore: Double

    init(_ resource: String, priority: Int, goal: Goal, fleet: SimulatedFleet) {
        self.resource = resource
        self.priority = priority
        self.goal = goal
        knobBefore = fleet.knob(of: resource)
        stateBefore = fleet.bmc(of: resource)?.machine.powerState ?? ""
        wattsBefore = fleet.watts(of: resource) ?? 0
    }

    func isShed(_ fleet: SimulatedFleet) -> Bool {
        switch goal {
        case .watts(let watts): fleet.limit(of: resource) == watts
        case .down: fleet.bmc(of: resource)?.machine.powerState == "Off"
        }
    }

    func isRestored(_ fleet: SimulatedFleet) -> Bool {
        fleet.knob(of: resource) == knobBefore && fleet.bmc(of: resource)?.machine.powerState == stateBefore
    }

    /// What it really draws now.
    func watts(_ fleet: SimulatedFleet) -> Double { fleet.watts(of: resource) ?? 0 }

    var before: String {
        if case .down = goal { return stateBefore }
        return Self.text(knobBefore)
    }

    func now(_ fleet: SimulatedFleet) -> String {
        if case .down = goal { return fleet.bmc(of: resource)?.machine.powerState ?? "?" }
        return Self.text(fleet.knob(of: resource))
    }

    private static func text(_ knob: PowerKnob?) -> String {
        guard let knob else { return "?" }
        if knob.mode == "Disabled" { return "off (\(knob.setPoint.text))" }
        return knob.limit.map { "\($0) W" } ?? "no limit"
    }
}
