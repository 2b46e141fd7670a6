import PowerEvents
import Site
import StrictJSON
import Synchronization

/// The meters of a simulated site's feeds, as somebody who is not the agent reads them: each feed and what is fed by it, with
/// the time of the reading.
///
/// The nodes' draw is that of their outlets, the GPUs' that of their drivers, and `demand` is what the machines would come to
/// draw if nothing limited them, which whoever schedules their jobs can tell.
final class FeedMeters: Sendable {
    /// What can be wrong with them.
    enum Fault: String, CaseIterable {
        /// They show the same reading for ever, with the time that it was taken at.
        case stale = "meter-stale"
        /// They do not answer.
        case gone = "meter-gone"
    }

    private struct State {
        var faults: Set<Fault> = []
        var frozen: JSONValue?
    }

    private let state = Mutex(State())

    /// - Returns: nil where they do not answer
    func reading(of fleet: SimulatedFleet) -> JSONValue? {
        let (isGone, frozen) = state.withLock { ($0.faults.contains(.gone), $0.frozen) }
        // `nil` in an expression would be the JSON value.
        guard !isGone else { return Optional.none }
        return frozen ?? Self.now(fleet)
    }

    var isStale: Bool { state.withLock { $0.faults.contains(.stale) } }

    func suffer(_ faults: Set<Fault>, of fleet: SimulatedFleet) {
        let last = Self.now(fleet)
        state.withLock { state in
            state.faults = faults
            // `nil` alone would be the JSON value.
            state.frozen = faults.contains(.stale) ? state.frozen ?? last : Optional.none
        }
    }

    private static func now(_ fleet: SimulatedFleet) -> JSONValue {
        let (power, wanted) = (fleet.power, fleet.demand)
        var gpus = JSONObject()
        for id in fleet.site.order where fleet.site.resources[id]?.type == .gpu {
            if let watts = fleet.watts(of: id) { gpus[id] = FleetPower.number(watts) }
        }
        return [
            "time": .string(FleetPower.time(power.at)), "feeds": FleetPower.object(power.feeds),
            "nodes": FleetPower.object(power.nodes), "gpus": .object(gpus), "demand": FleetPower.object(wanted.feeds),
        ]
    }
}
