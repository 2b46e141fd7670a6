import CCurl
import Foundation

/// What a worker waits for: the sockets that libcurl names, libcurl's timer, and a call by another thread.
///
/// By epoll, since `curl_multi_poll` looks at every request in flight for each answer that arrives. All but ``wake()``
/// belong to the worker's thread.
final class SocketWatch: @unchecked Sendable {
    // Unchecked: the descriptors never change, eventfd may be written by any thread, and the rest is the worker's.
    private let epoll: Int32
    private let alarm: Int32
    private var watched: Set<Int32> = []
    /// When libcurl wants to be called although nothing arrived.
    private var timer: ContinuousClock.Instant?
    private var ready = [epoll_event](repeating: epoll_event(), count: 256)

    init() {
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        alarm = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        var event = epoll_event()
        event.events = EPOLLIN.rawValue
        event.data.fd = alarm
        epoll_ctl(epoll, EPOLL_CTL_ADD, alarm, &event)
    }

    deinit {
        close(epoll)
        close(alarm)
    }

    /// Ends a ``turn(_:atMost:)``, or the next one. Callable from any thread.
    func wake() { eventfd_write(alarm, 1) }

    /// Has libcurl name its sockets and its timer here.
    func attach(to multi: UnsafeMutableRawPointer) {
        let this = Unmanaged.passUnretained(self).toOpaque()
        ima_curl_multi_setopt_socket(
            multi, { _, socket, what, user, _ in SocketWatch.from(user)?.watch(socket, what) ?? 0 }, this)
        ima_curl_multi_setopt_timer(
            multi, { _, milliseconds, user in SocketWatch.from(user)?.set(timer: milliseconds) ?? 0 }, this)
    }

    /// Waits until something is to be done, and has libcurl do it.
    func turn(_ multi: UnsafeMutableRawPointer, atMost limit: Duration) {
        let wait = timer.map { max(.zero, min(limit, $0 - .now)) } ?? limit
        // Rounded up: a timer that is met early would be met again and again until it is due.
        let milliseconds = Int32((wait / .milliseconds(1)).rounded(.up))
        let count = epoll_wait(epoll, &ready, Int32(ready.count), milliseconds)
        var running: Int32 = 0
        for index in 0..<max(0, Int(count)) {
            let socket = ready[index].data.fd
            if socket == alarm {
                var value = eventfd_t()
                eventfd_read(alarm, &value)
                continue
            }
            // One answer can end another connection, whose event is of no concern then.
            guard watched.contains(socket) else { continue }
            let events = ready[index].events
            var mask: Int32 = 0
            if events & EPOLLIN.rawValue != 0 { mask |= CURL_CSELECT_IN }
            if events & EPOLLOUT.rawValue != 0 { mask |= CURL_CSELECT_OUT }
            if events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { mask |= CURL_CSELECT_ERR }
            curl_multi_socket_action(multi, socket, mask, &running)
        }
        if let due = timer, due <= .now {
            timer = nil
            curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running)
        }
    }

    private func watch(_ socket: Int32, _ what: Int32) -> Int32 {
        if what == CURL_POLL_REMOVE {
            watched.remove(socket)
            epoll_ctl(epoll, EPOLL_CTL_DEL, socket, nil)
            return 0
        }
        var event = epoll_event()
        if what & CURL_POLL_IN != 0 { event.events |= EPOLLIN.rawValue }
        if what & CURL_POLL_OUT != 0 { event.events |= EPOLLOUT.rawValue }
        event.data.fd = socket
        let isNew = watched.insert(socket).inserted
        if epoll_ctl(epoll, isNew ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, socket, &event) != 0 {
            // A descriptor that was closed and came back under its old number.
            epoll_ctl(epoll, isNew ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, &event)
        }
        return 0
    }

    private func set(timer milliseconds: Int) -> Int32 {
        timer = milliseconds < 0 ? nil : .now + .milliseconds(milliseconds)
        return 0
    }

    private static func from(_ pointer: UnsafeMutableRawPointer?) -> SocketWatch? {
        pointer.map { Unmanaged<SocketWatch>.fromOpaque($0).takeUnretainedValue() }
    }
}
