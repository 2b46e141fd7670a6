import Page
import PowerEvents
import Shedding
import Site

/// What each resource is in, of one moment of the agent.
enum ResourceRows {
    /// In the order of the inventory.
    static func make(_ moment: AgentMoment) -> [ResourceRow] {
        let book = moment.core.book
        let site = book.site
        var rows: [ResourceRow] = []
        rows.reserveCapacity(site.order.count)
        var places: [String: Int] = [:]
        places.reserveCapacity(site.order.count)
        for id in site.order {
            guard let resource = site.resources[id] else { continue }
            places[id] = rows.count
            rows.append(row(resource, moment))
        }
        addControls(book, places, &rows)
        addSkipped(book, places, &rows)
        return rows
    }

    private static func row(_ resource: Resource, _ moment: AgentMoment) -> ResourceRow {
        let freezes = moment.core.book.freezes
        var row = ResourceRow(
            id: resource.id, type: resource.type.rawValue, parent: resource.parent,
            bmc: resource.bmc?.address.hostAndPort,
            feeds: resource.feeds ?? [], state: .place,
            isFrozen: !freezes.isEmpty && freezes.contains(resource.id, at: resource.bmc?.address))
        guard let bmc = resource.bmc else {
            if resource.isProtected { row.state = .protected }
            return row
        }
        row.state = .unknown
        if resource.isProtected { row.state = .protected }
        if let assessment = moment.readiness.assessments[resource.id], !resource.isProtected {
            row.state = assessment.isEnforceable ? .enforceable : .notEnforceable
            row.why = assessment.isEnforceable ? nil : assessment.objection
        }
        let health = moment.core.health[bmc.address]
        switch health.state {
        case .failing: row.worsen(.failing, health.trouble?.message)
        case .recovering: row.worsen(.recovering, health.trouble?.message)
        case .healthy, .unknown: break
        }
        return row
    }

    private static func addControls(_ book: Breaches, _ places: [String: Int], _ rows: inout [ResourceRow]) {
        let breaches = book.breaches.values.filter { !$0.isClosed }
        // While something is let go of, it has to be told from what an open breach holds.
        let isReleasing = breaches.contains(where: \.isResolved)
        let held = isReleasing ? Set(breaches.filter(\.isOpen).flatMap(\.controls)) : []
        for control in book.controls.values {
            let entry = control.entry
            let state: ResourceState =
                switch control.outcome?.code {
                case .failed: .failed
                case _ where isReleasing && !held.contains(entry.key): .releasing
                case .applied: .applied
                case .skipped: .skipped
                case nil: .inProgress
                }
            let why = state == .failed || state == .skipped ? control.outcome?.message : nil
            for key in [entry.key] + (entry.sharedBy ?? []) {
                guard let place = places[key.resource] else { continue }
                rows[place].worsen(state, why)
                if let value = entry.held { rows[place].held.append(value.description) }
            }
        }
        for place in rows.indices where rows[place].held.count > 1 { rows[place].held.sort() }
    }

    /// What was asked and left out has no control.
    private static func addSkipped(_ book: Breaches, _ places: [String: Int], _ rows: inout [ResourceRow]) {
        for breach in book.breaches.values where breach.isOpen {
            for plan in breach.plans {
                guard case .skipped(let reason) = plan.verdict,
                    let resource = book.site.resource(named: plan.member ?? plan.hint.resourceID),
                    let place = places[resource.id]
                else { continue }
                // That it is protected is what its state says, worse or not.
                if rows[place].state == .protected {
                    rows[place].why = "\(reason)"
                } else {
                    rows[place].worsen(.skipped, "\(reason)")
                }
            }
        }
    }
}
