import OperatorAPI
import Page
import PowerEvents
import Shedding
import Site

/// What does not obey, by cause: controls that failed in a breach first, then BMCs.
enum FailureRows {
    static func make(_ moment: AgentMoment, _ snapshot: StatusSnapshot) -> [FailureRow] {
        controls(moment.core.book, snapshot.controls) + bmcs(snapshot) + objections(moment, snapshot)
    }

    private static func controls(_ book: Breaches, _ controls: [HeldControl]) -> [FailureRow] {
        let failed = controls.filter { $0.outcome?.code == .failed }
        return FailureCause.grouped(failed, by: cause).map { cause, members in
            let next = members.compactMap { book.nextRead(at: $0.entry.key) }.min()
            let frozen = members.allSatisfy { book.isFrozen($0.entry.key) }
            let name = members.first?.entry.key.resource ?? ""
            return FailureRow(
                cause: cause, count: members.count, noun: "control",
                bmcs: Set(members.map { $0.entry.bmc.address.hostAndPort }).sorted(),
                resources: Set(members.map(\.entry.key.resource)).sorted(),
                since: members.compactMap(\.settledAt).min()?.description,
                next: "`ima explain \(name)` has every step; "
                    + (frozen
                        ? "frozen: nothing is written before `ima thaw`"
                        : next == nil ? "no further look is scheduled" : "the next look is"),
                nextAt: frozen ? nil : next?.description)
        }
    }

    private static func cause(_ control: HeldControl) -> FailureCause {
        FailureCause(
            reason: control.outcome?.reason, cause: control.outcome?.cause, message: control.outcome?.message)
    }

    private static func bmcs(_ snapshot: StatusSnapshot) -> [FailureRow] {
        snapshot.health.groups.map { group in
            let recovering = group.recovering > 0 ? " (\(group.recovering) of them answer again)" : ""
            return FailureRow(
                cause: group.trouble.message + recovering, count: group.bmcs.count, noun: "BMC",
                bmcs: group.bmcs.map(\.hostAndPort), resources: snapshot.readiness.resources(of: Set(group.bmcs)),
                since: group.since.description, next: group.next)
        }
    }

    /// Resources that are not enforceable although their BMC is well.
    private static func objections(_ moment: AgentMoment, _ snapshot: StatusSnapshot) -> [FailureRow] {
        var groups: [String: [String]] = [:]
        for assessment in moment.readiness.assessments.values where !assessment.isEnforceable {
            if let bmc = assessment.bmc, !moment.core.health[bmc.address].isReliable { continue }
            groups[assessment.objection, default: []].append(assessment.resource)
        }
        return groups.map { why, resources in
            let resources = resources.sorted()
            let bmcs = Set(resources.compactMap { moment.core.book.site.resources[$0]?.bmc?.address.hostAndPort })
            return FailureRow(
                cause: why, count: resources.count, noun: "resource", bmcs: bmcs.sorted(), resources: resources,
                since: nil,
                next: "looked at again by the patrol; `ima preflight \(resources.first ?? "")` says more")
        }.sorted { ($1.count, $0.cause) < ($0.count, $1.cause) }
    }
}
