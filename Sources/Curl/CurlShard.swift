import CCurl
import Foundation

/// One `curl_multi` handle and the origins that belong to it.
///
/// A worker has many: libcurl goes through all connections of a handle whenever a request ends, and with thousands of
/// them that would cost more than the request. Confined to its worker's thread.
final class CurlShard {
    /// As many origins as one handle takes care of.
    static let capacity = 128
    /// TLS sessions that a share of libcurl 7.88 remembers, whatever it is told.
    private static let sessionsPerShare = 8

    private(set) var multi: UnsafeMutableRawPointer
    /// As many origins as a share remembers sessions have one together: any origin's handshake is a short one the next
    /// time.
    private var shares: [UnsafeMutableRawPointer?] = []
    unowned let sockets: SocketWatch
    let connections: Int
    /// When libcurl wants to be called although nothing arrived.
    var timer: ContinuousClock.Instant?
    private var transfers = 0
    private var lastUsed = ContinuousClock.now
    private var isOpen = false

    /// - Parameter connections: as many as are kept open. The default of libcurl is four for each request, and evicts
    ///   the rest, which here are all warm.
    /// - Returns: nil where libcurl has no memory for a handle
    init?(sockets: SocketWatch, connections: Int) {
        guard let multi = curl_multi_init() else { return nil }
        self.multi = multi
        self.sockets = sockets
        self.connections = max(1, connections)
        configure()
    }

    deinit {
        close()
        for share in shares { curl_share_cleanup(share) }
    }

    private func configure() {
        let this = Unmanaged.passUnretained(self).toOpaque()
        ima_curl_multi_setopt_socket(
            multi,
            { _, socket, what, user, _ in
                guard let shard = CurlShard.from(user) else { return 0 }
                shard.sockets.watch(socket, what, for: shard)
                return 0
            }, this)
        ima_curl_multi_setopt_timer(
            multi,
            { _, milliseconds, user in
                guard let shard = CurlShard.from(user) else { return 0 }
                shard.timer = milliseconds < 0 ? nil : .now + .milliseconds(milliseconds)
                shard.sockets.timerChanged(of: shard)
                return 0
            }, this)
        ima_curl_multi_setopt_long(multi, CURLMOPT_MAXCONNECTS, connections)
    }

    /// Closes everything, for good. Whoever still refers to it, such as a timer, finds nothing to do.
    func retire() {
        guard let empty = curl_multi_init() else { return }
        close()
        sockets.forget(self)
        timer = nil
        multi = empty
        isOpen = false
    }

    private func close() {
        // What is going is not to be called back.
        ima_curl_multi_setopt_socket(multi, nil, nil)
        ima_curl_multi_setopt_timer(multi, nil, nil)
        curl_multi_cleanup(multi)
    }

    var isBusy: Bool { transfers > 0 }

    /// Closes all connections that nothing is asked over, where none was used for a while. TLS sessions are kept.
    ///
    /// - Returns: whether there was something to close
    func closeIdle(after idle: Duration) -> Bool {
        guard isOpen, .now - lastUsed > idle else { return false }
        if transfers > 0 { return askForConnection() }
        guard let fresh = curl_multi_init() else { return false }
        close()
        timer = nil
        multi = fresh
        isOpen = false
        configure()
        return true
    }

    /// A request that hangs must not keep a hundred connections open. libcurl closes those that have been idle for a
    /// second when it looks for one to use; so it is asked for one, which it cannot make.
    private func askForConnection() -> Bool {
        guard let probe = curl_easy_init() else { return false }
        defer { curl_easy_cleanup(probe) }
        ima_curl_setopt_string(probe, CURLOPT_URL, "http://closing.invalid/")
        ima_curl_setopt_string(probe, CURLOPT_UNIX_SOCKET_PATH, "/dev/null")
        ima_curl_setopt_long(probe, CURLOPT_MAXAGE_CONN, 0)
        guard curl_multi_add_handle(multi, probe) == CURLM_OK else { return false }
        var running: Int32 = 0
        curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running)
        curl_multi_remove_handle(multi, probe)
        return true
    }

    func start(_ transfer: Transfer, place: Int) {
        transfer.use(share: share(of: place))
        transfer.shard = self
        transfers += 1
        lastUsed = .now
        isOpen = true
        curl_multi_add_handle(multi, transfer.handle)
    }

    /// TLS sessions otherwise die with the easy handle. One thread uses a share, so it needs no locks.
    private func share(of place: Int) -> UnsafeMutableRawPointer? {
        let index = place / Self.sessionsPerShare
        while shares.count <= index {
            let share = curl_share_init()
            if let share {
                ima_curl_share_setopt_long(share, CURLSHOPT_SHARE, Int32(CURL_LOCK_DATA_SSL_SESSION.rawValue))
            }
            shares.append(share)
        }
        return shares[index]
    }

    func remove(_ transfer: Transfer) {
        curl_multi_remove_handle(multi, transfer.handle)
        ended()
    }

    private func ended() {
        transfers -= 1
        lastUsed = .now
    }

    /// Hands out the transfers that have ended.
    func finished(_ take: (Transfer, CURLcode) -> Void) {
        var remaining: Int32 = 0
        while let message = curl_multi_info_read(multi, &remaining) {
            guard message.pointee.msg == CURLMSG_DONE, let handle = message.pointee.easy_handle else { continue }
            let code = ima_curl_message_result(message)
            var pointer: UnsafeMutableRawPointer?
            ima_curl_getinfo_pointer(handle, CURLINFO_PRIVATE, &pointer)
            guard let pointer else { continue }
            let transfer = Unmanaged<Transfer>.fromOpaque(pointer).takeUnretainedValue()
            curl_multi_remove_handle(multi, handle)
            ended()
            take(transfer, code)
        }
    }

    private static func from(_ pointer: UnsafeMutableRawPointer?) -> CurlShard? {
        pointer.map { Unmanaged<CurlShard>.fromOpaque($0).takeUnretainedValue() }
    }
}
