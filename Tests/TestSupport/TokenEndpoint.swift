import Foundation

/// An OAuth 2 token endpoint on a free loopback port: checks client credentials and hands out tokens.
public final class TokenEndpoint: Sendable {
    public struct Grant: Sendable {
        public var token: String
        public var lifetimeSeconds: Int

        public init(token: String, lifetimeSeconds: Int) {
            self.token = token
            self.lifetimeSeconds = lifetimeSeconds
        }
    }

    private let server: RawServer

    /// - Parameter answer: what to hand out for a `client:secret`; nil refuses it. Counted from 1.
    public init(_ answer: @escaping @Sendable (_ login: String, _ number: Int) -> Grant?) throws {
        server = try RawServer { request, number in Array(Self.reply(to: request, number, answer).utf8) }
    }

    public var port: Int { server.port }

    /// The bodies of all requests.
    public var requests: [String] {
        server.requests.map { text in text.range(of: "\r\n\r\n").map { String(text[$0.upperBound...]) } ?? "" }
    }

    public func close() { server.close() }

    private static func reply(to request: String, _ number: Int, _ answer: (String, Int) -> Grant?) -> String {
        let login = request.range(of: "Authorization: Basic ").flatMap { range in
            Data(base64Encoded: String(request[range.upperBound...].prefix { !$0.isWhitespace }))
        }
        guard let login, let grant = answer(String(decoding: login, as: UTF8.self), number) else {
            return http("401 Unauthorized", #"{"error":"invalid_client","error_description":"not known here"}"#)
        }
        return http(
            "200 OK",
            #"{"access_token":"\#(grant.token)","token_type":"Bearer","expires_in":\#(grant.lifetimeSeconds)}"#)
    }

    private static func http(_ status: String, _ body: String) -> String {
        "HTTP/1.1 \(status)\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n"
            + "Connection: close\r\n\r\n\(body)"
    }
}
