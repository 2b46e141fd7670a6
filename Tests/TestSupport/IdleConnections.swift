import Foundation

/// Connections that are opened and say nothing.
public final class IdleConnections: Sendable {
    private let descriptors: [Int32]

    public init(_ count: Int, port: Int) {
        descriptors = (0..<count).map { _ in
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
            _ = Loopback.withAddress(port) { connect(descriptor, $0, $1) }
            return descriptor
        }
    }

    deinit { for descriptor in descriptors { close(descriptor) } }
}
