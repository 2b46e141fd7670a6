import Journal
import Logging
import PowerEvents
import Prometheus
import Shedding
import Site
import StrictJSON

/// What operators may ask of the running agent.
extension Enforcer {
    /// Keeps a command in the history that the core has nothing to do with.
    func note(_ command: String, by author: CommandAuthor) { parts.keeper.note(command: command, by: author) }

    /// Takes over a changed inventory, policy and mode, with the logins that they are reached by.
    func reload(_ configuration: AgentConfiguration) async {
        step(.reloaded(configuration.site, configuration.policy, configuration.mode))
        parts.facts.readiness.reload(configuration.site)
        parts.metrics.setResources(configuration.site.order.count)
        let needed = configuration.site.resources.values.compactMap(\.bmc) + core.book.controls.values.map(\.entry.bmc)
        await parts.performer.clients.reload(
            configuration.site.credentials, options: configuration.redfish, keeping: Set(needed))
    }

    /// - Returns: nil for what is neither in the inventory nor held
    func explain(_ name: String) async throws -> ResourceExplanation? {
        let book = core.book
        let resource = book.site.resource(named: name)
        let id = resource?.id ?? name
        let held = book.controls.values.filter { control in
            ([control.entry.key] + (control.entry.sharedBy ?? [])).contains { $0.resource == id }
        }.sorted { $0.entry.key < $1.entry.key }
        if resource == nil, held.isEmpty { return nil }
        return ResourceExplanation(
            resource: resource, id: id,
            held: held.map { ($0, book.nextRead(at: $0.entry.key), book.holds(on: $0.entry.key)) },
            history: try await parts.store.history(HistoryQuery(resource: id, limit: 20)))
    }

    /// What would be done for an alert now, with what is known of the machines.
    func rehearse(_ alert: BreachAlert) -> Rehearsal { Rehearsal(of: alert, by: core.book, now: now().steady) }

    /// What a shell can complete to.
    func names() -> JSONValue {
        let site = core.book.site
        let feeds = Set(site.resources.values.flatMap { $0.feeds ?? [] })
        return [
            "breaches": .array(heldBreaches.map { .string($0.text) }),
            "resources": .array(site.order.map(JSONValue.string)),
            "feeds": .array(feeds.sorted().map(JSONValue.string)),
            "bmcs": .array(site.bmcs.map { .string($0.address.description) }),
        ]
    }

    /// - Parameter summarises: with how far each breach has come, in hints and watts
    func snapshot(summarises: Bool = false) -> StatusSnapshot {
        var snapshot = StatusSnapshot(
            core, readiness: parts.facts.readiness.value, journalFailure: parts.store.failure,
            now: now().steady, summarises: summarises)
        snapshot.freeze = freeze
        snapshot.isBrokerReady = parts.metrics.brokerReady.series.value > 0
        snapshot.configuration = parts.configuration.json
        snapshot.generation = parts.configuration.generation
        return snapshot
    }
}
