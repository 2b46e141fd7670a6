import Hummingbird
import Logging
import NIOCore
import Replication

/// Answers what standbys' sockets were asked, by the leader's own routes.
struct CallResponder: Sendable {
    let commands: RouterResponder<ControlContext>
    let logger: Logger

    func answer(_ call: ForwardedCall) async -> ForwardedAnswer {
        guard let method = HTTPRequest.Method(rawValue: call.method), method == .get || method == .post else {
            return ForwardedAnswer(status: 405)
        }
        let request = Request(
            head: HTTPRequest(method: method, scheme: "http", authority: "ima", path: call.path),
            body: RequestBody(buffer: ByteBuffer(bytes: call.body)))
        do {
            let response = try await commands.respond(
                to: request, context: ControlContext(forwardedBy: call.user, logger: logger))
            let collected = Collected()
            try await response.body.write(collected)
            return ForwardedAnswer(
                status: response.status.code, contentType: response.headers[.contentType] ?? "application/json",
                body: Array(collected.buffer.readableBytesView))
        } catch let error as HTTPError {
            return ForwardedAnswer(
                status: error.status.code, body: Array(#"{"error":"the leader has no such route"}"#.utf8))
        } catch {
            logger.warning("a standby's question could not be answered", metadata: ["reason": "\(error)"])
            return ForwardedAnswer(status: 500, body: Array(#"{"error":"the leader failed to answer"}"#.utf8))
        }
    }

    /// A response's body as a whole.
    private final class Collected: ResponseBodyWriter {
        private(set) var buffer = ByteBuffer()

        func write(_ buffer: ByteBuffer) async throws { self.buffer.writeImmutableBuffer(buffer) }

        func finish(_ trailingHeaders: HTTPFields?) async throws {}
    }
}
