import Hummingbird
import PowerEvents
import StrictJSON

/// What the control socket answers: the state as JSON, and the few commands.
enum ControlRoutes {
    static func responder(_ enforcer: Enforcer) -> RouterResponder<BasicRequestContext> {
        let router = Router()
        router.get("/status") { _, _ in answer(await enforcer.snapshot().json.text, "application/json") }
        router.post("/freeze") { _, _ in
            await enforcer.freeze()
            return answer(#"{"frozen":true}"#, "application/json")
        }
        router.post("/thaw") { _, _ in
            await enforcer.thaw()
            return answer(#"{"frozen":false}"#, "application/json")
        }
        router.post("/release/:breach") { _, context in
            guard let id = context.parameters.get("breach").flatMap({ UUIDText($0) }), await enforcer.release(id) else {
                return answer(#"{"error":"no such breach is open"}"#, "application/json", status: .notFound)
            }
            return answer(#"{"released":true}"#, "application/json")
        }
        return router.buildResponder()
    }
}
