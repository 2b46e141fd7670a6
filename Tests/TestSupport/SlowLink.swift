import Foundation
import PowerEvents
import Synchronization

/// A TCP connection over a bad line: everything that comes in on a port of its own goes out to another one late and in
/// small pieces, both ways.
public final class SlowLink: Sendable {
    public let port: Int
    private let target: Int
    private let delay: Duration
    private let pieceBytes: Int
    private let listener: Int32
    private let isOpen = Atomic(true)

    /// - Parameters:
    ///   - target: a loopback port
    ///   - delay: how late each piece arrives
    public init(to target: Int, delay: Duration, pieceBytes: Int) throws {
        self.target = target
        self.delay = delay
        self.pieceBytes = pieceBytes
        (listener, port) = try Loopback.listen()
        Thread.detachNewThread { self.accept() }
    }

    public func close() {
        isOpen.store(false, ordering: .relaxed)
        shutdown(listener, Int32(SHUT_RDWR))
        Foundation.close(listener)
    }

    private func accept() {
        while isOpen.load(ordering: .relaxed) {
            let near = Foundation.accept(listener, nil, nil)
            guard near >= 0 else { return }
            guard let far = Loopback.connect(to: target) else {
                Foundation.close(near)
                continue
            }
            let open = Mutex(2)
            let ends = Ends(near: near, far: far, open: open)
            Thread.detachNewThread { self.carry(from: near, to: far, ends) }
            Thread.detachNewThread { self.carry(from: far, to: near, ends) }
        }
    }

    /// Two sockets that are closed when both directions have ended.
    private final class Ends: Sendable {
        private let near: Int32
        private let far: Int32
        private let open: Mutex<Int>

        init(near: Int32, far: Int32, open: consuming Mutex<Int>) {
            self.near = near
            self.far = far
            self.open = open
        }

        func finish() {
            shutdown(near, Int32(SHUT_RDWR))
            shutdown(far, Int32(SHUT_RDWR))
            let isLast = open.withLock { open in
                open -= 1
                return open == 0
            }
            guard isLast else { return }
            Foundation.close(near)
            Foundation.close(far)
        }
    }

    private func carry(from: Int32, to: Int32, _ ends: Ends) {
        var piece = [UInt8](repeating: 0, count: pieceBytes)
        while true {
            let count = recv(from, &piece, piece.count, 0)
            guard count > 0 else { return ends.finish() }
            Thread.sleep(forTimeInterval: delay.seconds)
            guard send(to, piece, count, Int32(MSG_NOSIGNAL)) == count else { return ends.finish() }
        }
    }
}
