import CCurl

/// A request that got no complete answer.
public struct CurlError: Error, Sendable, CustomStringConvertible {
    public enum Kind: Sendable, Hashable {
        case couldNotResolve
        case couldNotConnect
        /// The certificate is not the one trusted, or our own set-up of TLS is at fault.
        case tls
        /// The handshake did not come to an end, as with a server that is just starting.
        case handshake
        case timeout
        /// The connection broke before the answer was complete.
        case connectionLost
        /// The answer passed the size limit.
        case tooLarge
        /// Malformed HTTP, an unsupported URL and the like.
        case protocolViolation
        /// The pool's fence was closed when the request was about to go out.
        case fenced
        /// The pool was shut down.
        case shutDown
    }

    public let kind: Kind
    public let url: String
    public let message: String
    /// Whether the request went out, so that the server may have obeyed it although no answer came.
    public let mayHaveBeenObeyed: Bool

    public init(kind: Kind, url: String, message: String, mayHaveBeenObeyed: Bool) {
        self.kind = kind
        self.url = url
        self.message = message
        self.mayHaveBeenObeyed = mayHaveBeenObeyed
    }

    public var description: String { "\(url): \(message)" }

    static func kind(of code: CURLcode) -> Kind {
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .couldNotResolve
        case CURLE_COULDNT_CONNECT: .couldNotConnect
        case CURLE_OPERATION_TIMEDOUT: .timeout
        case CURLE_SSL_CONNECT_ERROR: .handshake
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_PINNEDPUBKEYNOTMATCH,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR:
            .tls
        case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE: .connectionLost
        case CURLE_WRITE_ERROR, CURLE_FILESIZE_EXCEEDED: .tooLarge
        default: .protocolViolation
        }
    }
}
