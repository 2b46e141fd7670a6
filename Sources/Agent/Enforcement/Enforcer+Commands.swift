import Inventory
import Journal
import Logging
import PowerEvents
import Shedding

/// What operators may ask of the running agent.
extension Enforcer {
    func freeze() async {
        book.freeze()
        await settle(JournalBatch(), [])
        logger.warning("FROZEN by an operator: nothing is written to any BMC until thawed")
    }

    func thaw() async {
        logger.notice("thawed by an operator")
        await settle(JournalBatch(), book.thaw(now: now()))
    }

    /// - Returns: false where no such breach is open
    func release(_ breach: UUIDText) async -> Bool {
        guard book.breaches[breach]?.isOpen == true || book.parking.breaches.contains(breach) else { return false }
        logger.warning("breach released by an operator", metadata: ["breach": "\(breach)"])
        let actions = book.release(breach, now: now())
        noteParkedRelease()
        await settle(JournalBatch(), actions)
        return true
    }

    /// Forgets breaches that the journal has forgotten.
    func forget(closedBefore time: Timestamp) { book.forget(closedBefore: time) }

    /// Takes over a changed inventory, policy and mode.
    func reload(_ configuration: AgentConfiguration) async {
        book.reload(site: configuration.site, policy: configuration.policy)
        readiness.reload(configuration.site)
        metrics.set("ima_resources_total", configuration.site.order.count)
        let needed = configuration.site.resources.values.compactMap(\.bmc) + book.controls.values.map(\.entry.bmc)
        await clients.reload(configuration.site.credentials, keeping: Set(needed))
        if configuration.mode != mode { await change(to: configuration.mode) }
    }

    /// To `observe`: what is held stays held, and nothing is written or published. To `enforce`: all is looked at anew.
    private func change(to mode: AgentConfiguration.Mode) async {
        logger.warning("mode: \(mode.rawValue) from now on", metadata: ["was": "\(self.mode.rawValue)"])
        self.mode = mode
        switch mode {
        case .observe: book.pause()
        case .enforce:
            var actions = book.unpause(now: now())
            if !hasTakenUpBook { actions = takeUpBook() }
            await settle(JournalBatch(), actions)
        }
    }

    /// - Returns: nil for what is neither in the inventory nor held
    func explain(_ name: String) throws -> ResourceExplanation? {
        let resource = book.site.resource(named: name)
        let id = resource?.id ?? name
        let held = book.controls.values.filter { control in
            ([control.entry.key] + (control.entry.sharedBy ?? [])).contains { $0.resource == id }
        }.sorted { $0.entry.key < $1.entry.key }
        if resource == nil, held.isEmpty { return nil }
        return ResourceExplanation(
            resource: resource, id: id,
            held: held.map { ($0, book.nextRead(at: $0.entry.key), book.holds(on: $0.entry.key)) },
            history: try journal.history(HistoryQuery(resource: id, limit: 20)))
    }

    func snapshot() -> StatusSnapshot {
        StatusSnapshot(
            isFrozen: book.isFrozen, journalFailure: journal.failure,
            breaches: book.breaches.values.filter { !$0.isClosed }.sorted { $0.openedAt < $1.openedAt },
            controls: book.controls.values.sorted { $0.entry.key < $1.entry.key }, resources: book.site.order.count,
            readiness: readiness, confirmation: confirmation, parked: book.parking.breaches)
    }
}
