/// Why etcd did not do what it was asked.
struct EtcdError: Error, Sendable, Hashable, CustomStringConvertible {
    enum Kind: Sendable, Hashable {
        /// No answer: nobody there, no majority, too slow. Whether it was obeyed is not known.
        case away
        /// The token is not taken (any more).
        case token
        /// The user, the password or the rights are not enough.
        case denied
        /// An answer that is none.
        case malformed
        /// The answer is larger than is taken, or than etcd gives.
        case tooLarge
        /// What was asked for is compacted away.
        case compacted
        /// etcd said no.
        case refused
    }

    let kind: Kind
    let endpoint: String
    let message: String

    var description: String { "\(endpoint): \(message)" }

    /// Whether another member, or the same one later, may do it.
    var isTransient: Bool { kind == .away || kind == .malformed }

    /// What the gateway says: the status, and in the body gRPC's code and message.
    static func refusal(status: Int, code: Int?, message: String, endpoint: String) -> EtcdError {
        EtcdError(kind: kind(status: status, code: code, message: message), endpoint: endpoint, message: message)
    }

    /// gRPC's codes, by https://grpc.github.io/grpc/core/md_doc_statuscodes.html; the status where there is none.
    private static func kind(status: Int, code: Int?, message: String) -> Kind {
        // Versions differ in the code that they give to these.
        if message.contains("invalid auth token") || message.contains("revision in header is old") { return .token }
        if message.contains("user name is empty") { return .token }
        if message.contains("authentication failed") || message.contains("permission denied") { return .denied }
        if message.contains("has been compacted") { return .compacted }
        switch code {
        // Cancelled, deadline exceeded, aborted, internal, unavailable.
        case 1, 4, 10, 13, 14: return .away
        case 7: return .denied
        case 8: return message.contains("larger than max") ? .tooLarge : .refused
        case 16: return .token
        case .some: return .refused
        case nil: break
        }
        return switch status {
        case 401: .token
        case 403: .denied
        case 429, 500...599: .away
        default: .refused
        }
    }
}
