import Foundation
import Synchronization

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

    public let port: Int
    private let listener: Int32
    private let state = Mutex<(requests: [String], isOpen: Bool)>(([], true))
    private let answer: @Sendable (_ login: String, _ number: Int) -> Grant?

    /// - Parameter answer: what to hand out for a `client:secret`; nil refuses it. Counted from 1.
    public init(_ answer: @escaping @Sendable (_ login: String, _ number: Int) -> Grant?) throws {
        self.answer = answer
        (listener, port) = try Loopback.listen()
        Thread.detachNewThread { self.serve() }
    }

    /// The bodies of all requests.
    public var requests: [String] { state.withLock { $0.requests } }

    public func close() {
        state.withLock { $0.isOpen = false }
        shutdown(listener, Int32(SHUT_RDWR))
        Foundation.close(listener)
    }

    private func serve() {
        while state.withLock({ $0.isOpen }) {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { return }
            let request = Self.read(connection)
            let reply = Array(self.reply(to: request).utf8)
            _ = send(connection, reply, reply.count, Int32(MSG_NOSIGNAL))
            Foundation.close(connection)
        }
    }

    /// One request, headers and body.
    private static func read(_ connection: Int32) -> String {
        var text = ""
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return text }
            text += String(decoding: buffer.prefix(count), as: UTF8.self)
            guard let end = text.range(of: "\r\n\r\n") else { continue }
            let length = text.lowercased().range(of: "content-length: ").flatMap { range in
                Int(text[range.upperBound...].prefix { $0.isNumber })
            }
            if text[end.upperBound...].utf8.count >= length ?? 0 { return text }
        }
    }

    private func reply(to request: String) -> String {
        let login = request.range(of: "Authorization: Basic ").flatMap { range in
            Data(base64Encoded: String(request[range.upperBound...].prefix { !$0.isWhitespace }))
        }
        let body = request.range(of: "\r\n\r\n").map { String(request[$0.upperBound...]) } ?? ""
        let number = state.withLock { state in
            state.requests.append(body)
            return state.requests.count
        }
        guard let login, let grant = answer(String(decoding: login, as: UTF8.self), number) else {
            return Self.http("401 Unauthorized", #"{"error":"invalid_client","error_description":"not known here"}"#)
        }
        return Self.http(
            "200 OK",
            #"{"access_token":"\#(grant.token)","token_type":"Bearer","expires_in":\#(grant.lifetimeSeconds)}"#)
    }

    private static func http(_ status: String, _ body: String) -> String {
        "HTTP/1.1 \(status)\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n"
            + "Connection: close\r\n\r\n\(body)"
    }
}
