import Foundation
import Hummingbird
import Logging
import NIOCore

/// What a control request knows of who asks: the user at the other end of the Unix socket.
struct ControlContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    private let asker: Asker

    private enum Asker: Sendable {
        case channel(any Channel)
        /// Of another agent's socket, by that agent's word.
        case forwarded(user: String?)
    }

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        asker = .channel(source.channel)
    }

    /// Of a request that a standby's socket was asked, and that was found to come from an operator there.
    init(forwardedBy user: String?, logger: Logger) {
        coreContext = .init(source: ForwardedSource(logger: logger))
        asker = .forwarded(user: user)
    }

    private struct ForwardedSource: RequestContextSource {
        let logger: Logger
    }

    /// Whether another agent has looked already at who asks.
    var isForwarded: Bool {
        if case .forwarded = asker { true } else { false }
    }

    /// Who asks; nil where that cannot be told.
    func user() async -> String? {
        switch asker {
        case .channel: await peer()?.name
        case .forwarded(let user): user
        }
    }

    /// The peer, by the kernel's word (SO_PEERCRED, unix(7)); nil where there is none.
    func peer() async -> SocketPeer? {
        guard case .channel(let channel) = asker, let provider = channel as? any SocketOptionProvider else {
            return nil
        }
        let answer: EventLoopFuture<PeerCredentials> = provider.unsafeGetSocketOption(
            level: .socket, name: .init(rawValue: SO_PEERCRED))
        return try? await answer.map { SocketPeer(user: $0.user, group: $0.group) }.get()
    }

    /// `struct ucred` of socket(7), which the C library shows only to programs in its GNU dialect.
    private struct PeerCredentials: Sendable {
        let process: pid_t
        let user: uid_t
        let group: gid_t
    }
}

/// Lets only this agent's own user, root, and the configured group command it, whatever the socket file's mode has become.
struct OperatorsOnly: RouterMiddleware {
    typealias Context = ControlContext

    /// nil: none beside the agent's own user and root.
    let group: gid_t?

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        if context.isForwarded { return try await next(request, context) }
        guard let peer = await context.peer(), isOperator(peer) else {
            let others = group == nil ? "" : ", and the group of control.group,"
            return answer(
                #"{"error":"only the agent's own user and root\#(others) may ask this"}"#, "application/json",
                status: .forbidden)
        }
        return try await next(request, context)
    }

    private func isOperator(_ peer: SocketPeer) -> Bool {
        if peer.user == geteuid() || peer.user == 0 { return true }
        guard let group else { return false }
        return peer.isMember(of: group)
    }
}
