import Hummingbird
import Journal
import OpenSSL
import OperatorAPI
import PowerEvents
import Settings
import Shedding
import Site
import StrictJSON

/// Begins rehearsals that operators ask for, and says how far they have come.
struct DrillDesk: Sendable {
    let enforcer: Enforcer
    let store: any Store

    private typealias Refused = CommandDesk.Refused

    /// More than anybody waits for.
    private static let longestHold = Duration.seconds(600)
    private static let maximumLines = 1_000_000

    func begin(_ request: CommandRequest, by author: CommandAuthor) async throws(CommandDesk.Refused) -> JSONValue {
        guard let text = request.cap, let share = Quantities.share(text), share > .percent(0) else {
            throw Refused(
                message: "cap: is no share over 0% and up to 100% (got \"\(request.cap ?? "")\")", status: .badRequest)
        }
        let policy = await enforcer.core.book.policy
        var hold = policy.settleTime + policy.meterEvery
        if let text = request.duration {
            guard let wanted = Quantities.duration(text), wanted <= Self.longestHold else {
                throw Refused(message: "hold: is no time up to 10m (got \"\(text)\")", status: .badRequest)
            }
            hold = wanted
        }
        guard let id = (try? RandomBytes.draw(16)).map({ UUIDText(randomBytes: $0) }) else {
            throw Refused(message: "no random bytes for the drill's id", status: .internalServerError)
        }
        let names = try await names(request.resources)
        let order = DrillOrder(id: id, names: names, share: share, hold: min(hold, Self.longestHold))
        if request.dryRun {
            if let obstacle = await enforcer.core.obstacleToDrill {
                throw Refused(message: "no drill now: \(obstacle)", status: .conflict)
            }
        } else if case .refused(let why) = await enforcer.command(.drill(order), by: author) {
            throw Refused(message: "no drill: \(why)", status: .conflict)
        }
        return await enforcer.json(order, by: author)
    }

    /// - Throws: for what the inventory does not have: an operator's slip of the pen is no smaller drill
    private func names(_ wanted: [String]) async throws(CommandDesk.Refused) -> [String] {
        let site = await enforcer.core.book.site
        let (resolved, unknown) = ResourceSelection(names: wanted).known(in: site)
        guard unknown.isEmpty else { throw Refused(message: "\(unknown)", status: .notFound) }
        guard !resolved.named.isEmpty else {
            throw Refused(message: "a drill is of resources that are named: none is", status: .badRequest)
        }
        return resolved.named.map(\.id)
    }

    /// - Returns: nil for a drill that this process did not begin
    func status(_ name: String) async throws -> JSONValue? {
        guard let drill = await enforcer.core.drill, drill.order.id.text == name.lowercased() else { return nil }
        var object = await enforcer.json(drill)
        guard drill.phase == .done else { return .object(object) }
        let lines = try await store.history(HistoryQuery(breach: drill.order.id, limit: Self.maximumLines))
        let readings = try await store.readings(of: drill.order.id)
        let record = DrillRecord(drill, lines: lines, readings: readings)
        object["results"] = .array(await enforcer.json(record.results))
        object["by"] = lines.first { $0.author != nil }?.author?.user.map(JSONValue.string) ?? .null
        object["reason"] = lines.first { $0.author != nil }?.author?.reason.map(JSONValue.string) ?? .null
        return .object(object)
    }
}
