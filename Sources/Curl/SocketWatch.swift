import CCurl
import Foundation

/// What a worker waits for: the sockets that libcurl names, its timers, and a call by another thread.
///
/// By epoll, since `curl_multi_poll` looks at every request in flight for each answer that arrives. All but ``wake()``
/// belong to the worker's thread.
final class SocketWatch: @unchecked Sendable {
    // Unchecked: the descriptors never change, eventfd may be written by any thread, and the rest is the worker's.
    private let epoll: Int32
    private let alarm: Int32
    private var watched: [Int32: CurlShard] = [:]
    private var timers = Timers()
    /// How long there was nothing to do, in all.
    private(set) var idle = Duration.zero
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

    /// Ends a ``turn(atMost:)``, or the next one. Callable from any thread.
    func wake() { eventfd_write(alarm, 1) }

    /// Waits until something is to be done, and has libcurl do it.
    ///
    /// - Returns: the shards in which something was done
    func turn(atMost limit: Duration) -> [CurlShard] {
        var wait = limit
        if let due = timers.next { wait = max(.zero, min(limit, due - .now)) }
        // Rounded up: a timer that is met early would be met again and again until it is due.
        let milliseconds = Int32((wait / .milliseconds(1)).rounded(.up))
        let start = ContinuousClock.now
        let count = epoll_wait(epoll, &ready, Int32(ready.count), milliseconds)
        idle += .now - start
        var touched: [ObjectIdentifier: CurlShard] = [:]
        var running: Int32 = 0
        for index in 0..<max(0, Int(count)) {
            let socket = ready[index].data.fd
            if socket == alarm {
                var value = eventfd_t()
                eventfd_read(alarm, &value)
                continue
            }
            // One answer can end another connection, whose event is of no concern then.
            guard let shard = watched[socket] else { continue }
            let events = ready[index].events
            var mask: Int32 = 0
            if events & EPOLLIN.rawValue != 0 { mask |= CURL_CSELECT_IN }
            if events & EPOLLOUT.rawValue != 0 { mask |= CURL_CSELECT_OUT }
            if events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { mask |= CURL_CSELECT_ERR }
            curl_multi_socket_action(shard.multi, socket, mask, &running)
            touched[ObjectIdentifier(shard)] = shard
        }
        for shard in timers.takeDue(.now) {
            curl_multi_socket_action(shard.multi, CURL_SOCKET_TIMEOUT, 0, &running)
            touched[ObjectIdentifier(shard)] = shard
        }
        return Array(touched.values)
    }

    func watch(_ socket: Int32, _ what: Int32, for shard: CurlShard) {
        if what == CURL_POLL_REMOVE {
            watched[socket] = nil
            epoll_ctl(epoll, EPOLL_CTL_DEL, socket, nil)
            return
        }
        var event = epoll_event()
        if what & CURL_POLL_IN != 0 { event.events |= EPOLLIN.rawValue }
        if what & CURL_POLL_OUT != 0 { event.events |= EPOLLOUT.rawValue }
        event.data.fd = socket
        let isNew = watched.updateValue(shard, forKey: socket) == nil
        if epoll_ctl(epoll, isNew ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, socket, &event) != 0 {
            // A descriptor that was closed and came back under its old number.
            epoll_ctl(epoll, isNew ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, &event)
        }
    }

    func timerChanged(of shard: CurlShard) { timers.set(shard) }

    /// A shard whose sockets are closed.
    func forget(_ shard: CurlShard) {
        for socket in watched.keys.filter({ watched[$0] === shard }) { watched[socket] = nil }
    }

    /// No shard is called any more.
    func forgetAll() {
        watched = [:]
        timers = Timers()
    }
}

/// The shards that want to be called at some time, the next one on top of a binary heap. An entry whose shard has
/// changed its mind since is recognised by its time.
private struct Timers {
    private var entries: [(due: ContinuousClock.Instant, shard: CurlShard)] = []

    var next: ContinuousClock.Instant? {
        mutating get {
            while let first = entries.first, first.shard.timer != first.due { _ = pop() }
            return entries.first?.due
        }
    }

    mutating func set(_ shard: CurlShard) {
        guard let due = shard.timer else { return }
        entries.append((due, shard))
        var child = entries.count - 1
        while child > 0, entries[child].due < entries[(child - 1) / 2].due {
            entries.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// Each of them once: what libcurl sets while it is called comes later.
    mutating func takeDue(_ now: ContinuousClock.Instant) -> [CurlShard] {
        var due: [CurlShard] = []
        while let first = next, first <= now, let entry = pop() {
            entry.shard.timer = nil
            due.append(entry.shard)
        }
        return due
    }

    private mutating func pop() -> (due: ContinuousClock.Instant, shard: CurlShard)? {
        guard let top = entries.first else { return nil }
        let last = entries.removeLast()
        guard !entries.isEmpty else { return top }
        entries[0] = last
        var parent = 0
        while true {
            let left = 2 * parent + 1
            var best = parent
            if left < entries.count, entries[left].due < entries[best].due { best = left }
            if left + 1 < entries.count, entries[left + 1].due < entries[best].due { best = left + 1 }
            if best == parent { return top }
            entries.swapAt(parent, best)
            parent = best
        }
    }
}
