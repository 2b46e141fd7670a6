import Foundation
import Hummingbird
import Journal
import OperatorAPI
import PowerEvents
import Shedding
import Site
import StrictJSON

/// What the control socket answers: the state as JSON, and the few commands.
enum ControlRoutes {
    /// Of a request's body: the ids of a whole site, each a few times.
    private static let maximumBytes = 4 << 20
    /// Of an alert that is asked about: as much as a message from the bus.
    private static let maximumAlertBytes = 16 << 20

    static func responder(
        _ desk: CommandDesk, _ drills: DrillDesk, loads: AlertedLoads, store: any Store, evidence: EvidenceDesk,
        yield: (@Sendable (CommandAuthor) -> YieldAnswer)?, group: gid_t?
    ) -> RouterResponder<ControlContext> {
        let router = Router(context: ControlContext.self)
        router.add(middleware: OperatorsOnly(group: group))
        addCommands(to: router, desk)
        addYield(to: router, yield)
        let enforcer = desk.enforcer
        router.get("/status") { _, _ in
            var snapshot = await enforcer.moment().snapshot(summarises: true)
            snapshot.loads = loads.value
            return answer(snapshot.json.text, "application/json")
        }
        router.get("/names") { _, _ in answer(await enforcer.names().text, "application/json") }
        let past = HistoryDesk(store: store) { try await enforcer.recorded($0) }
        router.get("/history") { request, _ in try await history(request, past) }
        router.get("/explain") { request, _ in
            let names = request.uri.queryParameters.getAll("resource")
            do {
                let explanations = try await enforcer.explain(names)
                // One by its name is an object; whatever may be several is a list.
                let isOne = explanations.count == 1 && names.count == 1 && !names[0].contains("[")
                let json = explanations.map(\.json)
                return answer((isOne ? json[0] : .array(json)).text, "application/json")
            } catch let unknown as ResourceSelection.Unknown {
                return refusal("\(unknown), and nothing of it is held", .notFound)
            } catch let tooMany as Enforcer.TooMany {
                return refusal(tooMany.description, .badRequest)
            }
        }
        router.post("/plan") { request, _ in
            let body = try await request.body.collect(upTo: maximumAlertBytes)
            do {
                let alert = try BreachAlert(
                    json: JSONValue(parsing: Array(body.readableBytesView), limits: .widest))
                let (rehearsal, objection) = await enforcer.rehearse(
                    alert, source: request.uri.queryParameters.get("source"))
                var object = rehearsal.json.object ?? JSONObject()
                object["lines"] = .array(rehearsal.lines.map(JSONValue.string))
                object["objection"] = objection.map { .string(AlertPlan.words($0)) }
                return answer(JSONValue.object(object).text, "application/json")
            } catch {
                return refusal("\(error)", .badRequest)
            }
        }
        router.get("/drill/:drill") { _, context in
            guard let drill = try await drills.status(context.parameters.get("drill") ?? "") else {
                return refusal("this agent has not begun that drill since its start", .notFound)
            }
            return answer(drill.text, "application/json")
        }
        router.post("/drill") { request, context in
            try await reply(request, context) { wish, author throws(CommandDesk.Refused) in
                try await drills.begin(wish, by: author).text
            }
        }
        router.get("/evidence/:breach") { request, context in
            let name = context.parameters.get("breach") ?? ""
            let format = request.uri.queryParameters.get("format").flatMap(EvidenceDesk.Format.init(rawValue:))
            do {
                return answer(try await evidence.make(name, format ?? .text), "text/plain; charset=utf-8")
            } catch let error as EvidenceDesk.Unavailable {
                return refusal(error.description, .notFound)
            }
        }
        return router.buildResponder()
    }

    private static func addCommands(to router: Router<ControlContext>, _ desk: CommandDesk) {
        router.post("/freeze") { request, context in
            try await reply(request, context) { wish, author throws(CommandDesk.Refused) in
                try await desk.freeze(wish, by: author).json
            }
        }
        router.post("/thaw") { request, context in
            try await reply(request, context) { wish, author throws(CommandDesk.Refused) in
                try await desk.thaw(wish, by: author).json
            }
        }
        router.post("/resume") { request, context in
            try await reply(request, context) { _, author throws(CommandDesk.Refused) in
                try await desk.resume(by: author).json
            }
        }
        router.post("/release/:breach") { request, context in
            let name = context.parameters.get("breach") ?? ""
            return try await reply(request, context) { wish, author throws(CommandDesk.Refused) in
                try await desk.release(name, wish, by: author).json
            }
        }
        router.post("/reload") { request, context in
            try await reply(request, context) { wish, author throws(CommandDesk.Refused) in
                await desk.reload(wish, by: author).json
            }
        }
    }

    private static func addYield(
        to router: Router<ControlContext>, _ yield: (@Sendable (CommandAuthor) -> YieldAnswer)?
    ) {
        router.post("/standby/yield") { request, context in
            try await reply(request, context) { _, author throws(CommandDesk.Refused) in
                switch yield?(author) {
                case nil:
                    throw CommandDesk.Refused(
                        message: "this agent is alone: there is no standby: in its configuration", status: .conflict)
                case .refused(let why): throw CommandDesk.Refused(message: why, status: .conflict)
                case .yields(let next): return CommandReply(code: "yield", user: author.user, next: next).json
                }
            }
        }
    }

    static func reply(
        _ request: Request, _ context: ControlContext,
        _ command: (CommandRequest, CommandAuthor) async throws(CommandDesk.Refused) -> String
    ) async throws -> Response {
        let body = try await request.body.collect(upTo: maximumBytes)
        let wish: CommandRequest
        do throws(CommandRequest.Unusable) { wish = try CommandRequest(json: body.readableBytesView) } catch {
            return refusal(error.description, .badRequest)
        }
        let author = CommandAuthor(
            user: await context.user(), reason: wish.reason.map { ForeignText.clean($0) })
        do throws(CommandDesk.Refused) {
            return answer(try await command(wish, author), "application/json")
        } catch {
            return refusal(error.message, error.status)
        }
    }

    static func history(_ request: Request, _ desk: HistoryDesk) async throws -> Response {
        let parameters = request.uri.queryParameters
        var wish = HistoryRequest()
        wish.isRefusals = parameters.get("refused") != nil
        wish.breach = parameters.get("breach")
        wish.resources = parameters.getAll("resource")
        wish.since = parameters.get("since", as: Int64.self).map(Timestamp.init(milliseconds:))
        wish.until = parameters.get("until", as: Int64.self).map(Timestamp.init(milliseconds:))
        wish.after = parameters.get("after", as: Int.self)
        wish.limit = parameters.get("limit", as: Int.self) ?? wish.limit
        do {
            return answer(try await desk.answer(wish).text, "application/json")
        } catch let error as BreachName.NotOne {
            return refusal(error.message, error.status)
        } catch let unknown as ResourceSelection.Unknown {
            return refusal("\(unknown), and the history nothing of it", .notFound)
        }
    }

    static func refusal(_ message: String, _ status: HTTPResponse.Status) -> Response {
        let error: JSONValue = ["error": .string(message)]
        return answer(error.text, "application/json", status: status)
    }
}

extension BreachName.NotOne {
    /// As it is answered.
    var status: HTTPResponse.Status { isAmbiguous ? .conflict : .notFound }
}
