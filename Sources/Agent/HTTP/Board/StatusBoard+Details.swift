import Journal
import Page
import PowerEvents
import Shedding
import Site
import StrictJSON

/// What is asked for one at a time.
extension StatusBoard {
    /// Everything of one resource; nil where it is neither in the inventory nor held.
    func explanation(of name: String) async throws -> ResourceExplanation? {
        let book = await now().core.book
        let id = book.site.resource(named: name)?.id ?? name
        let held = Enforcer.heldByResource(book, of: [id])[id] ?? []
        let explanation = try await Enforcer.explanation(of: id, held, book, store)
        return explanation.resource == nil && explanation.held.isEmpty && explanation.history.isEmpty
            ? nil : explanation
    }

    /// The curve of a breach has so many points at most.
    private static let maximumPoints = 300
    private static let historyLines = 200

    /// A breach with its evidence, and the latest of its history.
    ///
    /// - Parameter name: its id, or the first characters of it
    /// - Throws: `BreachName.NotOne`, or what the store throws
    func breach(_ name: String, _ desk: EvidenceDesk) async throws -> (json: JSONValue, history: JSONValue) {
        let snapshot = await view().snapshot
        let id: UUIDText
        switch BreachName.find(name, among: (snapshot.breaches + snapshot.past).map(\.id)) {
        case .one(let one): id = one
        case .several(let several):
            throw BreachName.NotOne(message: BreachName.objection(name, several), isAmbiguous: true)
        case .none: id = try await BreachName.find(name, in: store)
        }
        var object =
            (snapshot.breaches + snapshot.past).first { $0.id == id }
            .flatMap { snapshot.json($0).object } ?? JSONObject()
        object["id"] = .string(id.text)
        object["breach_id"] = .string(id.text)
        object["evidence"] = await evidence(of: id) { await Self.evidence(of: id, desk) }
        let lines = try await store.history(HistoryQuery(breach: id, limit: Self.historyLines))
        return (.object(object), HistoryAnswer.json(lines))
    }

    private static func evidence(of id: UUIDText, _ desk: EvidenceDesk) async -> JSONValue {
        guard let evidence = try? await desk.evidence(of: id.text), var facts = evidence.json.object else {
            return .null
        }
        facts["curve"] = .array(
            evidence.power.samples(most: maximumPoints).map { sample in
                let seconds = (sample.seconds * 10).rounded() / 10
                return [
                    "seconds": JSONNumber(text: "\(seconds)").map(JSONValue.number) ?? 0,
                    "shed_watts": .number(JSONNumber(sample.shed.wholeWatts)),
                ]
            })
        return .object(facts)
    }
}
