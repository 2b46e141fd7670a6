import Hummingbird
import Synchronization

/// What a server answers with: the routes of the part that the agent has now. The server itself, its socket and its port
/// stay from one part to the next.
final class SwitchableResponder<Context: RequestContext>: HTTPResponder {
    private let routes = Mutex<RouterResponder<Context>?>(nil)

    func use(_ responder: RouterResponder<Context>) { routes.withLock { $0 = responder } }

    func respond(to request: Request, context: Context) async throws -> Response {
        guard let responder = routes.withLock({ $0 }) else {
            return answer(#"{"error":"the agent is starting"}"# + "\n", "application/json", status: .serviceUnavailable)
        }
        return try await responder.respond(to: request, context: context)
    }
}
