import Foundation

/// A socket that accepts connections (the kernel does) and never says a word.
public final class SilentListener: Sendable {
    public let port: Int
    let descriptor: Int32

    public init() throws {
        let port = try FreePort.find()
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
        let isListening =
            withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            } && listen(descriptor, 64) == 0
        guard isListening else { throw FreePort.NoPort(reason: String(cString: strerror(errno))) }
        self.port = port
        self.descriptor = descriptor
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
