import Journal
import PowerEvents
import Site
public import StrictJSON

/// What happened, as JSON, while the agent runs or of its journal alone.
public struct HistoryDesk: Sendable {
    private let store: any Store
    /// The ids that names as people write them stand for.
    private let resolve: @Sendable ([String]) async throws -> Set<String>

    private static let most = 10_000

    init(store: any Store, resolve: @escaping @Sendable ([String]) async throws -> Set<String>) {
        self.store = store
        self.resolve = resolve
    }

    /// - Throws: `BreachName.NotOne`, or what the names of resources are refused with
    func answer(_ request: HistoryRequest) async throws -> JSONValue {
        let limit = min(max(1, request.limit), Self.most)
        if request.isRefusals { return HistoryAnswer.json(try await store.refusals(limit: limit)) }
        var query = HistoryQuery(limit: limit)
        if !request.resources.isEmpty { query.resources = try await resolve(request.resources) }
        if let name = request.breach { query.breach = try await BreachName.find(name, in: store) }
        query.since = request.since
        query.until = request.until
        query.after = request.after.map(Int64.init)
        return HistoryAnswer.json(try await store.history(query))
    }

    /// Names that a journal has nothing of.
    public struct NothingKnown: Error, CustomStringConvertible {
        let journal: String
        let names: [String]

        public var description: String {
            "\(journal): the history has nothing of \(names.map { "\"\($0)\"" }.joined(separator: ", ")); without an "
                + "inventory only ids and ranges of them count, no racks, groups, feeds or aliases"
        }
    }

    /// Of a journal that no agent need be running on. Without an inventory a name is an id, or a range of which at least
    /// one id has a history.
    ///
    /// - Throws: an error that names the journal; ``NothingKnown``, or the breach that it does not know
    public static func read(_ request: HistoryRequest, journal path: String) async throws -> JSONValue {
        let store = SQLiteStore(try JournalDatabase(reading: path), now: { WallClock.now() }, onFailure: { _ in })
        return try await HistoryDesk(store: store) { names in
            var ids: Set<String> = []
            var unknown: [String] = []
            for name in names {
                let own = Set(try ResourceSelection.expand([name]))
                if try await store.history(HistoryQuery(resources: own, limit: 1)).isEmpty { unknown.append(name) }
                ids.formUnion(own)
            }
            guard unknown.isEmpty else { throw NothingKnown(journal: path, names: unknown) }
            return ids
        }.answer(request)
    }
}
