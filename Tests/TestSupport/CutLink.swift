import Foundation
import Synchronization

/// A TCP connection that can be cut as a network is: nothing comes through any more and nobody is told, until it is mended.
public final class CutLink: Sendable {
    public let port: Int
    private let target: Int
    private let listener: Int32
    private let state = Mutex((isCut: false, isOpen: true))

    /// - Parameter target: a loopback port
    public init(to target: Int) throws {
        self.target = target
        (listener, port) = try Loopback.listen(backlog: 128)
        Thread.detachNewThread { self.accept() }
    }

    public var isCut: Bool {
        get { state.withLock { $0.isCut } }
        set { state.withLock { $0.isCut = newValue } }
    }

    public func close() {
        state.withLock { $0.isOpen = false }
        shutdown(listener, Int32(SHUT_RDWR))
        Foundation.close(listener)
    }

    /// What is on its way waits, as in the queues of TCP. - Returns: whether there is still a link
    private func waitUntilWhole() -> Bool {
        while true {
            let (isCut, isOpen) = state.withLock { $0 }
            if !isOpen { return false }
            if !isCut { return true }
            Thread.sleep(forTimeInterval: 0.01)
        }
    }

    private func accept() {
        while true {
            let near = Foundation.accept(listener, nil, nil)
            guard near >= 0 else { return }
            Thread.detachNewThread { self.connect(near) }
        }
    }

    private func connect(_ near: Int32) {
        guard waitUntilWhole(), let far = Loopback.connect(to: target) else {
            Foundation.close(near)
            return
        }
        let ends = LinkEnds(near, far)
        Thread.detachNewThread { self.carry(from: near, to: far, ends) }
        carry(from: far, to: near, ends)
    }

    private func carry(from: Int32, to: Int32, _ ends: LinkEnds) {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(from, &bytes, bytes.count, 0)
            // Nor does the end of a connection come through.
            guard waitUntilWhole(), count > 0 else { return ends.finish() }
            var sent = 0
            while sent < count {
                let more = bytes[sent..<count].withUnsafeBytes {
                    send(to, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard more > 0 else { return ends.finish() }
                sent += more
            }
        }
    }
}

/// Two sockets that are closed when both directions have ended.
private final class LinkEnds: Sendable {
    private let sockets: [Int32]
    private let open = Mutex(2)

    init(_ near: Int32, _ far: Int32) { sockets = [near, far] }

    func finish() {
        for socket in sockets { shutdown(socket, Int32(SHUT_RDWR)) }
        let isLast = open.withLock { open in
            open -= 1
            return open == 0
        }
        if isLast { for socket in sockets { close(socket) } }
    }
}
