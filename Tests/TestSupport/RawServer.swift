import Foundation
import Synchronization

/// A server on a free loopback port that answers each HTTP request with whatever it is told to, byte for byte, HTTP or not,
/// and closes the connection.
public final class RawServer: Sendable {
    public let port: Int
    private let listener: Int32
    private let state = Mutex<(requests: [String], isOpen: Bool)>(([], true))
    private let answer: @Sendable (_ request: String, _ number: Int) -> [UInt8]
    private let tail: [UInt8]

    /// - Parameters:
    ///   - tail: sent after each answer again and again, for as long as somebody listens
    ///   - answer: to one request, headers and body; they are counted from 1
    public init(tail: [UInt8] = [], _ answer: @escaping @Sendable (_ request: String, _ number: Int) -> [UInt8]) throws
    {
        self.answer = answer
        self.tail = tail
        (listener, port) = try Loopback.listen()
        Thread.detachNewThread { self.serve() }
    }

    /// The same answer to every request.
    public convenience init(_ answer: [UInt8], tail: [UInt8] = []) throws {
        try self.init(tail: tail) { _, _ in answer }
    }

    /// What was asked, one text for each connection.
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
            let number = state.withLock { state in
                state.requests.append(request)
                return state.requests.count
            }
            var isHeard = sendAll(answer(request, number), on: connection)
            while isHeard, !tail.isEmpty { isHeard = sendAll(tail, on: connection) }
            shutdown(connection, Int32(SHUT_WR))
            var rest = [UInt8](repeating: 0, count: 4096)
            while recv(connection, &rest, rest.count, 0) > 0 {}
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

    private func sendAll(_ bytes: [UInt8], on connection: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard sent > 0 else { return false }
            rest = rest.dropFirst(sent)
        }
        return true
    }
}
