import Foundation

/// A socket that accepts connections (the kernel does) and says nothing that it was not told to.
public final class SilentListener: Sendable {
    public let port: Int
    let descriptor: Int32

    public init() throws {
        (descriptor, port) = try Loopback.listen(backlog: 64)
    }

    /// Takes one connection, gives each of so many requests an empty answer, and waits until the other side closes.
    public func answer(_ requests: Int) async {
        // On a thread of its own: it waits, and tests have few to share.
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                self.serve(requests)
                continuation.resume()
            }
        }
    }

    private func serve(_ requests: Int) {
        let connection = accept(descriptor, nil, nil)
        defer { close(connection) }
        let answer = Array("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".utf8)
        var buffer = [UInt8](repeating: 0, count: 4096)
        for _ in 0..<requests where read(connection, &buffer, buffer.count) > 0 {
            _ = write(connection, answer, answer.count)
        }
        while read(connection, &buffer, buffer.count) > 0 {}
    }

    deinit { close(descriptor) }
}
