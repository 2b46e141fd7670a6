import Site
import StrictJSON

/// What the patrol knows of each resource, and whom it probes next.
struct Readiness: Sendable {
    private(set) var assessments: [String: Assessment] = [:]
    /// How many of them are enforceable. Kept, since it is reported after each of thousands of probes.
    private(set) var enforceable = 0
    /// By BMC, the resources that it is probed for, in turn.
    private var rounds: [BMC.Address: [Resource]] = [:]
    private var total = 0

    /// Takes over an inventory; what was learned of resources that stay is kept.
    mutating func reload(_ site: Site) {
        rounds = [:]
        total = 0
        for resource in site.order.compactMap({ site.resources[$0] }) where !resource.isProtected {
            guard let bmc = resource.bmc else { continue }
            rounds[bmc.address, default: []].append(resource)
            total += 1
        }
        let known = Set(rounds.values.flatMap { $0.map(\.id) })
        assessments = assessments.filter { known.contains($0.key) }
        enforceable = assessments.values.count(where: \.isEnforceable)
    }

    var addresses: [BMC.Address] { rounds.keys.sorted() }

    /// The resource to probe now, and what is known of it: those never probed first, then one after another.
    mutating func next(_ address: BMC.Address) -> (resource: Resource, known: Assessment?)? {
        guard var own = rounds[address], !own.isEmpty else { return nil }
        let place = own.firstIndex { assessments[$0.id] == nil } ?? 0
        let resource = own.remove(at: place)
        own.append(resource)
        rounds[address] = own
        return (resource, assessments[resource.id])
    }

    /// Whether a BMC has resources that were never probed.
    func isNew(_ address: BMC.Address) -> Bool { rounds[address]?.contains { assessments[$0.id] == nil } ?? false }

    mutating func take(_ assessment: Assessment) {
        let before = assessments.updateValue(assessment, forKey: assessment.resource)
        enforceable += (assessment.isEnforceable ? 1 : 0) - (before?.isEnforceable == true ? 1 : 0)
    }

    var summary: String {
        "\(enforceable) of the \(assessments.count) probed resources are enforceable; \(total) have a BMC"
    }

    var json: JSONValue {
        let failing = assessments.values.filter { !$0.isEnforceable }.sorted { $0.resource < $1.resource }
        return [
            "visited": .number(JSONNumber(assessments.count)), "of": .number(JSONNumber(total)),
            "enforceable": .number(JSONNumber(enforceable)),
            "not_enforceable": .array(
                failing.prefix(100).map {
                    ["resource": .string($0.resource), "why": .string($0.objections.joined(separator: "; "))]
                }),
        ]
    }
}
