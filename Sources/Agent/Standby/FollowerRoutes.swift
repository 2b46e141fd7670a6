import Foundation
import Hummingbird
import Journal
import NIOCore
import OperatorAPI
import Replication
import StrictJSON

/// What a follower's control socket answers: of itself at once, and for the rest what the leader says.
struct FollowerRoutes: Sendable {
    let view: FollowerView
    let history: HistoryDesk
    let reload: ConfigurationReload
    let status: @Sendable () -> ReplicationStatus
    let ask: @Sendable (ForwardedCall) async throws -> ForwardedAnswer

    func responder(group: gid_t?) -> RouterResponder<ControlContext> {
        let router = Router(context: ControlContext.self)
        router.add(middleware: OperatorsOnly(group: group))
        router.get("/status") { _, _ in
            answer(await view.moment().snapshot(summarises: true).json.text, "application/json")
        }
        router.get("/history") { request, _ in try await ControlRoutes.history(request, history) }
        router.post("/reload") { request, context in
            try await ControlRoutes.reply(request, context) { wish, author throws(CommandDesk.Refused) in
                await reload.perform(dryRun: wish.dryRun, author: author).json
            }
        }
        for method in [HTTPRequest.Method.get, .post] {
            router.on("**", method: method) { request, context in try await forward(request, context) }
        }
        return router.buildResponder()
    }

    private func forward(_ request: Request, _ context: ControlContext) async throws -> Response {
        let body = try await request.body.collect(upTo: ForwardedCall.mostBytes)
        let call = ForwardedCall(
            method: request.method.rawValue, path: request.uri.string, body: Array(body.readableBytesView),
            user: await context.user())
        guard let leader = status().leader else {
            return ControlRoutes.refusal(
                "this agent is a standby, and no other leads at this moment: "
                    + "\(status().trouble ?? "one is about to be elected")", .serviceUnavailable)
        }
        do {
            let reply = try await ask(call)
            return Response(
                status: .init(code: reply.status), headers: [.contentType: reply.contentType],
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: reply.body)))
        } catch {
            let doubt = request.method == .get ? "" : "; whether it did, `ima history` there says"
            return ControlRoutes.refusal(
                "this agent is a standby of \(leader), which did not answer: \(error)\(doubt)", .serviceUnavailable)
        }
    }
}
