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

    let multi: UnsafeMutableRawPointer
    /// As many origins as a share remembers sessions have one together: any origin's handshake is a short one the next
    /// time.
    private var shares: [UnsafeMutableRawPointer?] = []
    unowned let sockets: SocketWatch
    /// When libcurl wants to be called although nothing arrived.
    var timer: ContinuousClock.Instant?

    /// - Returns: nil where libcurl has no memory for a handle
    init?(sockets: SocketWatch) {
        guard let multi = curl_multi_init() else { return nil }
        self.multi = multi
        self.sockets = sockets
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
    }

    deinit {
        // What is going is not to be called back.
        ima_curl_multi_setopt_socket(multi, nil, nil)
        ima_curl_multi_setopt_timer(multi, nil, nil)
        curl_multi_cleanup(multi)
        for share in shares { curl_share_cleanup(share) }
    }

    /// The default keeps four connections per handle and evicts the rest, which here are all warm.
    func keep(connections count: Int) { ima_curl_multi_setopt_long(multi, CURLMOPT_MAXCONNECTS, max(1, count)) }

    /// - Parameter place: the origin's, among those of the shard
    func start(_ transfer: Transfer, place: Int) {
        transfer.use(share: share(of: place))
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

    func remove(_ transfer: Transfer) { curl_multi_remove_handle(multi, transfer.handle) }

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
            take(transfer, code)
        }
    }

    private static func from(_ pointer: UnsafeMutableRawPointer?) -> CurlShard? {
        pointer.map { Unmanaged<CurlShard>.fromOpaque($0).takeUnretainedValue() }
    }
}
