import Hummingbird
import Journal
import PowerEvents
import Shedding
import StrictJSON

/// What the control socket answers: the state as JSON, and the few commands.
enum ControlRoutes {
    private static let mostLines = 10_000

    static func responder(_ enforcer: Enforcer, store: any Store) -> RouterResponder<ControlContext> {
        let router = Router(context: ControlContext.self)
        router.add(middleware: OwnerOnly())
        router.get("/status") { _, _ in answer(await enforcer.snapshot().json.text, "application/json") }
        router.post("/freeze") { _, _ in
            await enforcer.command(.freeze)
            return answer(#"{"frozen":true}"#, "application/json")
        }
        router.post("/thaw") { _, _ in
            await enforcer.command(.thaw)
            return answer(#"{"frozen":false}"#, "application/json")
        }
        router.post("/resume") { _, _ in
            guard await enforcer.command(.resume) == .done else {
                let error = #"{"error":"nothing waits for a resume: the journal was taken up at the start"}"#
                return answer(error, "application/json", status: .conflict)
            }
            return answer(#"{"resumed":true}"#, "application/json")
        }
        router.post("/release/:breach") { _, context in
            guard let id = context.parameters.get("breach").flatMap({ UUIDText($0) }),
                await enforcer.command(.release(id)) == .done
            else {
                return answer(#"{"error":"no such breach is open"}"#, "application/json", status: .notFound)
            }
            return answer(#"{"released":true}"#, "application/json")
        }
        router.get("/history") { request, _ in
            let limit = min(request.uri.queryParameters.get("limit", as: Int.self) ?? 50, mostLines)
            if request.uri.queryParameters.get("refused") != nil {
                return answer(HistoryAnswer.json(try await store.refusals(limit: limit)).text, "application/json")
            }
            let query = HistoryQuery(
                breach: request.uri.queryParameters.get("breach").flatMap { UUIDText($0) },
                resource: request.uri.queryParameters.get("resource"), limit: limit)
            return answer(HistoryAnswer.json(try await store.history(query)).text, "application/json")
        }
        router.get("/explain") { request, _ in
            let name = request.uri.queryParameters.get("resource") ?? ""
            guard let explanation = try await enforcer.explain(name) else {
                let error: JSONValue = ["error": .string("the inventory has no \"\(name)\", and nothing of it is held")]
                return answer(error.text, "application/json", status: .notFound)
            }
            return answer(explanation.json.text, "application/json")
        }
        return router.buildResponder()
    }
}
