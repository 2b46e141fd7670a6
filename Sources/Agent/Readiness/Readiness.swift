import Shedding
import Site
import StrictJSON

/// What the patrol knows of each resource.
struct Readiness: Sendable {
    private(set) var assessments: [String: Assessment] = [:]
    /// How many would be enforceable if all BMCs were well; and how many of these are behind which BMC. Kept, since it is
    /// asked after each of thousands of looks.
    private var sound = 0
    private var soundByBMC: [BMC.Address: Int] = [:]
    private(set) var total = 0
    /// All that may be enforced on, by BMC: one that fails takes every one of them out, also those that nobody looked at.
    private var behind: [BMC.Address: [String]] = [:]

    init(_ site: Site) { reload(site) }

    /// Takes over an inventory; what was learned of resources that stay is kept.
    mutating func reload(_ site: Site) {
        behind = [:]
        for resource in site.resources.values where !resource.isProtected {
            if let bmc = resource.bmc { behind[bmc.address, default: []].append(resource.id) }
        }
        let known = Set(behind.values.joined())
        total = known.count
        assessments = assessments.filter { known.contains($0.key) }
        (sound, soundByBMC) = (0, [:])
        for assessment in assessments.values { count(assessment, by: 1) }
    }

    private mutating func count(_ assessment: Assessment, by difference: Int) {
        guard assessment.isEnforceable else { return }
        sound += difference
        if let bmc = assessment.bmc { soundByBMC[bmc.address, default: 0] += difference }
    }

    /// What a look at a BMC came to that is in trouble as a whole tells nothing of a resource that was seen before: once the
    /// BMC is well again, so is the resource.
    ///
    /// - Returns: what was known before
    @discardableResult
    mutating func take(_ assessment: Assessment) -> Assessment? {
        let known = assessments[assessment.resource]
        if assessment.trouble?.isCertain == true, let known, known.trouble == nil { return known }
        if let known { count(known, by: -1) }
        assessments[assessment.resource] = assessment
        count(assessment, by: 1)
        for (gpu, watts) in assessment.gpuDraws { assessments[gpu]?.draw = watts }
        return known
    }

    /// How many are enforceable now. - Parameter health: of their BMCs
    func enforceable(_ health: FleetHealth) -> Int {
        health.unreliable.reduce(sound) { $0 - (soundByBMC[$1] ?? 0) }
    }

    /// Not looked at yet, and not enforceable all the same: their BMCs fail.
    private func unseen(_ health: FleetHealth) -> [(resource: String, why: String)] {
        health.unreliable.flatMap { bmc in
            let why = health[bmc].trouble?.message ?? ""
            return (behind[bmc] ?? []).filter { assessments[$0] == nil }.map { ($0, why) }
        }
    }

    func summary(_ health: FleetHealth) -> String {
        "\(enforceable(health)) of the \(assessments.count + unseen(health).count) probed resources are enforceable; \(total) have a BMC"
    }

    /// Resources that are not enforceable, and why, sorted by their ids.
    func objections(_ health: FleetHealth) -> [(resource: String, why: String)] {
        let seen = assessments.values.compactMap { assessment -> (resource: String, why: String)? in
            let trouble = assessment.bmc.map { health[$0.address] }.flatMap { $0.isReliable ? nil : $0.trouble }
            if let trouble { return (assessment.resource, trouble.message) }
            return assessment.isEnforceable
                ? nil : (assessment.resource, assessment.objection)
        }
        return (seen + unseen(health)).sorted { $0.resource < $1.resource }
    }

    /// The resources of some BMCs, sorted.
    func resources(of bmcs: Set<BMC.Address>) -> [String] {
        bmcs.flatMap { behind[$0] ?? [] }.sorted()
    }

    private static let maximumNamed = 100

    func json(_ health: FleetHealth) -> JSONValue {
        [
            "visited": .number(JSONNumber(assessments.count + unseen(health).count)), "of": .number(JSONNumber(total)),
            "enforceable": .number(JSONNumber(enforceable(health))), "total": .number(JSONNumber(total)),
            "not_enforceable": .array(
                objections(health).prefix(Self.maximumNamed).map {
                    ["resource": .string($0.resource), "why": .string($0.why)]
                }),
        ]
    }
}
