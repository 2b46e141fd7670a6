import Foundation
import Synchronization

/// A server on a free loopback port that answers whatever it is told to, byte for byte, HTTP or not.
public final class RawServer: Sendable {
    public let port: Int
    private let listener: Int32
    private let state = Mutex<(requests: [String], isOpen: Bool)>(([], true))
    private let answer: [UInt8]
    private let tail: [UInt8]

    /// - Parameters:
    ///   - answer: sent after the first bytes of each request, before the connection is closed
    ///   - tail: sent after it again and again, for as long as somebody listens
    public init(_ answer: [UInt8], tail: [UInt8] = []) throws {
        self.answer = answer
        self.tail = tail
        (listener, port) = try Loopback.listen()
        Thread.detachNewThread { self.serve() }
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
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = recv(connection, &buffer, buffer.count, 0)
            let request = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
            state.withLock { $0.requests.append(request) }
            var isHeard = sendAll(answer, on: connection)
            while isHeard, !tail.isEmpty { isHeard = sendAll(tail, on: connection) }
            shutdown(connection, Int32(SHUT_WR))
            while recv(connection, &buffer, buffer.count, 0) > 0 {}
            Foundation.close(connection)
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
