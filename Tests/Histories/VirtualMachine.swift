import PowerEvents
import Shedding
import Site
import StrictJSON

/// A node with its BMC, in memory: what its controls hold, and who set them last.
struct VirtualMachine {
    enum Author: Sendable, Hashable { case nobody, agent, somebodyElse }

    struct Limit: Sendable, Hashable {
        var watts: Int?
        var author = Author.nobody
        /// What reads still show, and until when.
        var stale: (watts: Int?, until: Timestamp)?
        /// Whether it was written by somebody else between a write of the agent and its look.
        var isTakenForOurs = false

        init(
            watts: Int?, author: Author = .nobody, stale: (watts: Int?, until: Timestamp)? = nil,
            isTakenForOurs: Bool = false
        ) {
            self.watts = watts
            self.author = author
            self.stale = stale
            self.isTakenForOurs = isTakenForOurs
        }

        static func == (left: Limit, right: Limit) -> Bool { left.watts == right.watts && left.author == right.author }
        func hash(into hasher: inout Hasher) { hasher.combine(watts) }
    }

    let node: String
    var limits: [String: Limit] = [:]
    var power = PowerState.on
    var powerAuthor = Author.nobody
    /// A change of power that is under way.
    var powerChange: (to: PowerState, at: Timestamp)?
    var fault: (kind: HistoryStep.FaultKind, until: Timestamp)?

    init(node: String, random: inout SplitMix) {
        self.node = node
        for resource in [node] + HistorySite.gpus.filter({ $0.hasPrefix(node + "-") }) {
            limits[resource] = Limit(watts: random.pick([nil, nil, 700, 1000, 300]))
        }
    }

    /// What is wrong at a moment.
    func fault(at now: Timestamp) -> HistoryStep.FaultKind? {
        fault.flatMap { now < $0.until ? $0.kind : nil }
    }

    /// Lets a shutdown or start that was asked for come about.
    ///
    /// - Parameter held: the limits that the agent holds, and so owes, whoever switches the power
    mutating func advance(to now: Timestamp, held: Set<String>) {
        guard let change = powerChange, now >= change.at else { return }
        powerChange = nil
        if change.to == .off {
            for (resource, limit) in limits where resource != node && limit.watts != nil {
                limits[resource] = Limit(watts: nil, author: held.contains(resource) ? .agent : .nobody)
            }
        }
        power = change.to
    }

    /// GPUs forget their limits with the power; the chassis's own survives in the BMC.
    mutating func loseLimits(of type: ResourceType, to author: Author) {
        for (resource, limit) in limits where type == .node || resource != node {
            if limit.watts != nil { limits[resource] = Limit(watts: nil, author: author) }
        }
    }

    func read(_ key: ControlKey, now: Timestamp) -> Result<Reading, BMCFault> {
        switch fault(at: now) {
        case .unreachable, .silentIgnoring, .silentObeying: return .failure(BMCFault(.unreachable, "no answer"))
        case .busy: return .failure(BMCFault(.busy, "503", retryAfter: .seconds(2)))
        default: break
        }
        guard key.facet == .powerLimit else {
            return .success(
                Reading(
                    value: .power(power), fragment: ["PowerState": .string(power.rawValue)],
                    identity: MachineIdentity(uuid: nil, serial: node),
                    resetTypes: node == "n3" ? ["On", "ForceOff"] : ["On", "ForceOff", "GracefulShutdown"]))
        }
        guard let limit = limits[key.resource] else { return .failure(BMCFault(.unsupported, "no such control")) }
        if key.resource != node, power != .on { return .failure(BMCFault(.machineOff, "the host is \(power)")) }
        let shown = limit.stale.flatMap { now < $0.until ? .some($0.watts) : nil } ?? limit.watts
        return .success(
            Reading(
                value: .limit(shown.map { Watts($0) }),
                fragment: ["SetPoint": shown.map { .number(JSONNumber($0)) } ?? .null],
                range: PowerRange(minimum: Watts(HistorySite.minimum), maximum: Watts(HistorySite.maximum)),
                identity: MachineIdentity(uuid: nil, serial: node)))
    }

    /// A write arrives. - Returns: what the BMC will answer
    mutating func write(_ write: Convergence.Write, _ key: ControlKey, now: Timestamp) -> Result<Void, BMCFault> {
        let fault = fault(at: now)
        switch fault {
        case .unreachable: return .failure(BMCFault(.unreachable, "no route"))
        case .busy: return .failure(BMCFault(.busy, "503", retryAfter: .seconds(2)))
        case .refusing: return .failure(BMCFault(.refused, "400"))
        case .silentIgnoring: return .failure(BMCFault(.unknownEffect, "no answer"))
        case .ignoring: return .success(())
        case .silentObeying, .lagging, nil: break
        }
        switch write {
        case .limit(let watts): set(key.resource, watts.wholeWatts, lags: fault == .lagging, now: now)
        case .restore(let fragment):
            set(key.resource, fragment["SetPoint"].flatMap { Int($0.text) }, lags: fault == .lagging, now: now)
        case .speed, .mode: return .failure(BMCFault(.unsupported, "no such control"))
        case .reset(let type):
            guard power == .on || type == .on else { return .failure(BMCFault(.refused, "409")) }
            powerAuthor = .agent
            if type == .on {
                if power == .on { break }
                power = .poweringOn
                powerChange = (.on, now + .seconds(3))
            } else {
                powerChange = (.off, now + .seconds(4))
            }
        }
        return fault == .silentObeying ? .failure(BMCFault(.unknownEffect, "no answer")) : .success(())
    }

    private mutating func set(_ resource: String, _ watts: Int?, lags: Bool, now: Timestamp) {
        guard let before = limits[resource] else { return }
        limits[resource] = Limit(
            watts: watts, author: .agent, stale: lags ? (before.watts, now + .seconds(3)) : nil)
    }
}
