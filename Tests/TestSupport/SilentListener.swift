import Foundation

/// A socket that accepts connections (the kernel does) and says nothing that it was not told to.
public final class SilentListener: Sendable {
    public let port: Int
    let descriptor: Int32

    public init() throws {
        (descriptor, port) = try Loopback.listen(backlog: 64)
    }

    /// Gives each of so many requests an empty answer, and waits until the other side closes the last one's connection.
    /// Returns over how many connections they came.
    public func answer(_ requests: Int) async -> Int {
        // On a thread of its own: it waits, and tests have few to share.
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: self.serve(requests)) }
        }
    }

    private func serve(_ requests: Int) -> Int {
        var remaining = requests
        var connections = 0
        while remaining > 0 {
            let connection = accept(descriptor, nil, nil)
            guard connection >= 0 else { break }
            connections += 1
            remaining -= serve(remaining, over: connection)
        }
        return connections
    }

    private func serve(_ requests: Int, over connection: Int32) -> Int {
        defer { close(connection) }
        let answer = Array("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".utf8)
        var buffer = [UInt8](repeating: 0, count: 4096)
        var answered = 0
        while read(connection, &buffer, buffer.count) > 0 {
            guard answered < requests else { continue }
            _ = write(connection, answer, answer.count)
            answered += 1
        }
        return answered
    }

    deinit { close(descriptor) }
}
