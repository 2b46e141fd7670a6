import Foundation
import Hummingbird
import NIOCore

/// What a control request knows of who asks: the user at the other end of the Unix socket.
struct ControlContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    private let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }

    /// The peer's user id, by the kernel's word (SO_PEERCRED, unix(7)); nil where there is none.
    func peerUser() async -> uid_t? {
        guard let provider = channel as? any SocketOptionProvider else { return nil }
        let answer: EventLoopFuture<PeerCredentials> = provider.unsafeGetSocketOption(
            level: .socket, name: .init(rawValue: SO_PEERCRED))
        return try? await answer.get().user
    }

    /// `struct ucred` of socket(7), which the C library shows only to programs in its GNU dialect.
    private struct PeerCredentials: Sendable {
        let process: pid_t
        let user: uid_t
        let group: gid_t
    }
}

/// Lets only this agent's own user and root command it, whatever the socket file's mode has become.
struct OwnerOnly: RouterMiddleware {
    typealias Context = ControlContext

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard let user = await context.peerUser(), user == geteuid() || user == 0 else {
            return answer(
                #"{"error":"only the agent's own user and root may ask this"}"#, "application/json", status: .forbidden)
        }
        return try await next(request, context)
    }
}
