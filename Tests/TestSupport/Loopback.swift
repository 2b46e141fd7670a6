import FleetSimulator
import Foundation

/// Plain TCP on 127.0.0.1, for the little servers of tests.
enum Loopback {
    /// A socket that listens on a free port.
    static func listen(backlog: Int32 = 16) throws -> (descriptor: Int32, port: Int) {
        let port = try FreePort.find()
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        let isBound = withAddress(port) { bind(descriptor, $0, $1) == 0 }
        guard isBound, Foundation.listen(descriptor, backlog) == 0 else {
            close(descriptor)
            throw ChildProcess.DidNotStart(description: "port \(port) cannot be listened on")
        }
        return (descriptor, port)
    }

    /// - Returns: a connected socket; nil where nobody listens
    static func connect(to port: Int) -> Int32? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if withAddress(port, { Foundation.connect(descriptor, $0, $1) == 0 }) { return descriptor }
        close(descriptor)
        return nil
    }

    static func withAddress<Result>(
        _ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
