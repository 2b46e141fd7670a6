import PowerEvents
import Shedding

extension PlannedHint {
    /// What would be done and why, in one line.
    var summary: String {
        let exceptions = exceptions.isEmpty ? "" : "; except \(exceptions.map(\.description).joined(separator: "; "))"
        switch verdict {
        case .skipped(let reason): return "skipped: \(reason)"
        case .demand(let demand, let controls):
            let second = fallback.map { ", where the BMC offers that; else \(Self.text($0.demand))" } ?? ""
            return "\(Self.text(demand)) on \(Self.text(controls))\(hasFallenBack == true ? "" : second)" + exceptions
        case .spread(let spread):
            return spread.target.map { "kept under \($0) through what is inside" } ?? "through what is inside"
        case .covered(let cover, let demand, _):
            return "covered by the suspend of \(cover.resource) (else \(Self.text(demand)))" + exceptions
        }
    }

    private static func text(_ demand: Demand) -> String {
        switch demand {
        case .cap(let watts): "cap to \(watts), raised to the control's minimum or the floor where that is higher"
        case .capToShare(let share): "cap to \(share) of the control's maximum"
        case .capToMinimum: "cap to the control's minimum (a GPU cannot be suspended)"
        case .suspended: "suspend, then wait until it is down"
        case .slowToShare(let share): "slow to \(share) of the processor's maximum speed"
        case .mode(let mode): "power mode \(mode)"
        }
    }

    private static func text(_ controls: [ControlKey]) -> String {
        let names = controls.prefix(4).map(\.description).joined(separator: ", ")
        return controls.count > 4 ? "\(names) and \(controls.count - 4) more" : names
    }
}
