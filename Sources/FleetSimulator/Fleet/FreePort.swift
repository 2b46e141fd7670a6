import Foundation
import Synchronization

/// TCP ports of loopback addresses that nobody listens on at this moment.
public enum FreePort {
    public struct NoPort: Error, CustomStringConvertible {
        public let description: String
    }

    /// Below those that Linux gives to outgoing connections (`ip_local_port_range`): one of these may take a port again
    /// before whoever asked for it listens there, or while what listened there is down.
    private static let range = 12_000...32_000
    private static let given = Mutex<Set<Int>>([])

    /// Each is given once in a process.
    public static func find(on host: String = "127.0.0.1") throws(NoPort) -> Int {
        for _ in 0..<200 {
            let port = Int.random(in: range)
            if given.withLock({ $0.insert(port).inserted }), bound(port, on: host) != nil { return port }
        }
        guard let port = bound(0, on: host) else {
            throw NoPort(description: "\(host): no free port: \(String(cString: strerror(errno)))")
        }
        return port
    }

    /// - Parameter port: 0 for one that the system chooses
    /// - Returns: the port that could be bound; nil where it could not
    private static func bound(_ port: Int, on host: String) -> Int? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return withAddress(host, port) { address in
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            guard bind(descriptor, address, length) == 0, getsockname(descriptor, address, &length) == 0 else {
                return nil
            }
            return address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                Int(UInt16(bigEndian: $0.pointee.sin_port))
            }
        }
    }

    /// Whether nobody listens on a port of 127.0.0.1 now.
    public static func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        return withAddress("127.0.0.1", port) {
            connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) != 0
        }
    }

    private static func withAddress<Result>(
        _ host: String, _ port: Int, _ body: (UnsafeMutablePointer<sockaddr>) -> Result
    ) -> Result {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        inet_pton(AF_INET, host, &address.sin_addr)
        return withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0) }
        }
    }
}
