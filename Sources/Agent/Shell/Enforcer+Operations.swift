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
    func note(_ command: String, _ message: String, by author: CommandAuthor) {
        parts.keeper.note(command: command, message, by: author)
    }

    /// Takes over a changed inventory, policy and mode, with the logins that they are reached by.
    func reload(_ configuration: AgentConfiguration) async {
        step(.reloaded(configuration.site, configuration.policy, configuration.mode))
        parts.facts.readiness.reload(configuration.site)
        parts.metrics.setResources(configuration.site.order.count)
        let needed = configuration.site.resources.values.compactMap(\.bmc) + core.book.controls.values.map(\.entry.bmc)
        await parts.performer.clients.reload(
            configuration.site.credentials, options: configuration.redfish, keeping: Set(needed))
    }

    /// More resources than can be explained at once.
    struct TooMany: Error, CustomStringConvertible {
        let count: Int
        static let most = 500

        var description: String { "that is \(count) resources; name at most \(Self.most)" }
    }

    /// Resources that are named, or held although they left the inventory; of a place without a BMC what lies in it as well.
    ///
    /// - Throws: `ResourceSelection.Unknown` for what is neither in the inventory nor held
    func explain(_ names: [String]) async throws -> [ResourceExplanation] {
        let book = core.book
        let held = Self.heldByResource(book)
        let known = ResourceSelection(names: names).known(in: book.site)
        var unknown = known.unknown
        let gone = unknown.names.filter { held[$0] != nil }
        unknown.names.removeAll { held[$0] != nil }
        guard unknown.isEmpty else { throw unknown }
        var ids: [String] = []
        var seen: Set<String> = []
        for resource in known.resolved.named {
            let inner = resource.bmc == nil ? book.site.children(of: resource.id).map(\.id) : []
            ids += ([resource.id] + inner).filter { seen.insert($0).inserted }
        }
        ids += gone
        guard ids.count <= TooMany.most else { throw TooMany(count: ids.count) }
        var explanations: [ResourceExplanation] = []
        for id in ids { explanations.append(try await Self.explanation(of: id, held[id] ?? [], book, parts.store)) }
        return explanations
    }

    /// What is held of each resource, sorted by key.
    ///
    /// - Parameter wanted: nil for all
    static func heldByResource(_ book: Breaches, of wanted: Set<String>? = nil) -> [String: [HeldControl]] {
        var held: [String: [HeldControl]] = [:]
        for control in book.controls.values {
            for resource in Set(([control.entry.key] + (control.entry.sharedBy ?? [])).map(\.resource))
            where wanted?.contains(resource) ?? true {
                held[resource, default: []].append(control)
            }
        }
        return held.mapValues { $0.sorted { $0.entry.key < $1.entry.key } }
    }

    /// Ids of what is named, for the history: what has left the inventory is still in that.
    ///
    /// - Throws: `ResourceSelection.Unknown` for what is in neither
    func recorded(_ names: [String]) async throws -> Set<String> {
        let known = ResourceSelection(names: names).known(in: core.book.site)
        var unknown = known.unknown
        var gone: Set<String> = []
        for name in unknown.names.prefix(TooMany.most) {
            if try await !parts.store.history(HistoryQuery(resources: [name], limit: 1)).isEmpty { gone.insert(name) }
        }
        unknown.names.removeAll(where: gone.contains)
        guard unknown.isEmpty else { throw unknown }
        return known.resolved.ids.union(gone)
    }

    /// - Parameters:
    ///   - id: in the inventory, or held although it left it
    ///   - held: of it
    static func explanation(
        of id: String, _ held: [HeldControl], _ book: Breaches, _ store: any Store
    ) async throws -> ResourceExplanation {
        ResourceExplanation(
            resource: book.site.resources[id], id: id,
            held: held.map { ($0, book.nextRead(at: $0.entry.key), book.holds(on: $0.entry.key)) },
            history: try await store.history(HistoryQuery(resources: [id], limit: 20)),
            freezes: book.freezes.covering(
                id, at: book.site.resources[id]?.bmc?.address ?? held.first?.entry.bmc.address))
    }

    /// What would be done for an alert now, with what is known of the machines, and why it would be refused.
    ///
    /// - Parameter source: of a whole event; nil for a payload alone, of which the times are not judged
    func rehearse(_ alert: BreachAlert, source: String?) -> (rehearsal: Rehearsal, objection: RefusalReason?) {
        let objection = AlertPlan.objection(
            to: alert, source ?? core.book.breaches[alert.breachID]?.origin.source ?? "", by: core.book,
            now: source == nil ? alert.detectedAt : now().wall)
        return (Rehearsal(of: alert, by: core.book, now: now().steady), objection)
    }

    /// As many as a shell can show.
    private static let mostPastBreaches = 200

    /// What a shell can complete to.
    func names() async -> JSONValue {
        let site = core.book.site
        let held = heldBreaches
        let past = (try? await parts.store.breaches(startingWith: "", limit: Self.mostPastBreaches)) ?? []
        return [
            "breaches": .array(held.map { .string($0.text) }),
            "past_breaches": .array(past.map { .string($0.text) }),
            "resources": .array(site.order.map(JSONValue.string)),
            "groups": .array(site.groups.keys.sorted().map(JSONValue.string)),
            "feeds": .array(site.feeds.map(JSONValue.string)),
            "bmcs": .array(site.bmcs.map { .string($0.address.description) }),
        ]
    }
}
