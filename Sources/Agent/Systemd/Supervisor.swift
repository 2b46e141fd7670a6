import Dispatch
import Foundation

/// Whoever started this process and wants to hear from it, as systemd does with `Type=notify` (sd_notify(3)): datagrams of
/// `NAME=value` lines to a Unix socket that the environment names. Silent where it names none.
struct Supervisor: Sendable {
    /// A path, or a name in Linux' abstract space behind an `@`; nil where nobody listens.
    private let socket: String?
    /// How often a sign of life is wanted; nil: never.
    let watchdog: Duration?

    init(environment: [String: String] = ProcessInfo.processInfo.environment, processID: pid_t = getpid()) {
        socket = environment["NOTIFY_SOCKET"].flatMap { $0.hasPrefix("/") || $0.hasPrefix("@") ? $0 : nil }
        let isForUs = environment["WATCHDOG_PID"].map { $0 == "\(processID)" } ?? true
        // A day at most: whatever is larger is a mistake, and nobody waits for it.
        let microseconds = environment["WATCHDOG_USEC"].flatMap { Int64($0) } ?? 0
        watchdog = isForUs && microseconds > 0 ? .microseconds(min(microseconds, 86_400_000_000)) : nil
    }

    func isReady() { tell("READY=1") }

    func isStopping() { tell("STOPPING=1") }

    func isWell() { tell("WATCHDOG=1") }

    /// Around a reload of the configuration. - Parameter begins: false: it is over
    func isReloading(_ begins: Bool) {
        guard begins else { return tell("READY=1") }
        // systemd wants the time of CLOCK_MONOTONIC beside it.
        tell("RELOADING=1\nMONOTONIC_USEC=\(DispatchTime.now().uptimeNanoseconds / 1000)")
    }

    /// One datagram. What cannot be sent is not: nobody is served by an agent that ends because of it.
    private func tell(_ message: String) {
        guard let socket else { return }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let isAbstract = socket.hasPrefix("@")
        var name = Array(socket.utf8)
        if isAbstract { name[0] = 0 }
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard name.count < room else { return }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let length = MemoryLayout.size(ofValue: address) - room + name.count + (isAbstract ? 0 : 1)
        let descriptor = Foundation.socket(
            AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let bytes = Array(message.utf8)
        withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                _ = sendto(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), address, socklen_t(length))
            }
        }
    }
}
