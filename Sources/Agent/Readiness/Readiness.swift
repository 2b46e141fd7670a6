import Site
import StrictJSON

/// What the patrol knows of each resource.
struct Readiness: Sendable {
    private(set) var assessments: [String: Assessment] = [:]
    /// How many of them are enforceable. Kept, since it is told after each of thousands of looks.
    private(set) var enforceable = 0
    private var total = 0

    init(_ site: Site) { reload(site) }

    /// Takes over an inventory; what was learned of resources that stay is kept.
    mutating func reload(_ site: Site) {
        let known = Set(site.resources.values.filter { !$0.isProtected && $0.bmc != nil }.map(\.id))
        total = known.count
        assessments = assessments.filter { known.contains($0.key) }
        enforceable = assessments.values.count(where: \.isEnforceable)
    }

    /// - Returns: what was known before
    @discardableResult
    mutating func take(_ assessment: Assessment) -> Assessment? {
        let before = assessments.updateValue(assessment, forKey: assessment.resource)
        for (gpu, watts) in assessment.gpuDraws { assessments[gpu]?.draw = watts }
        enforceable += (assessment.isEnforceable ? 1 : 0) - (before?.isEnforceable == true ? 1 : 0)
        return before
    }

    var summary: String {
        "\(enforceable) of the \(assessments.count) probed resources are enforceable; \(total) have a BMC"
    }

    var json: JSONValue {
        let failing = assessments.values.filter { !$0.isEnforceable }.sorted { $0.resource < $1.resource }
        return [
            "visited": .number(JSONNumber(assessments.count)), "of": .number(JSONNumber(total)),
            "enforceable": .number(JSONNumber(enforceable)), "total": .number(JSONNumber(total)),
            "not_enforceable": .array(
                failing.prefix(100).map {
                    ["resource": .string($0.resource), "why": .string($0.objections.joined(separator: "; "))]
                }),
        ]
    }
}
