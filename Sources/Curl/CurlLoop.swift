import CCurl

/// What a worker's thread keeps: the queue, the transfers in flight, and the handshakes among them.
struct CurlLoop {
    private let multi: UnsafeMutableRawPointer
    private let sockets: SocketWatch
    private let share: UnsafeMutableRawPointer?
    private let maximumHandshakes: Int
    private var queue: RequestQueue
    private var transfers: [UInt64: Transfer] = [:]
    private var handshakes: [Transfer] = []

    init(multi: UnsafeMutableRawPointer, sockets: SocketWatch, configuration: HTTPClientPool.Configuration) {
        self.multi = multi
        self.sockets = sockets
        sockets.attach(to: multi)
        maximumHandshakes = configuration.maximumHandshakes
        queue = RequestQueue(
            connectionsPerOrigin: configuration.connectionsPerOrigin, maximumInFlight: configuration.maximumInFlight)
        // The default keeps four connections per handle and evicts the rest, which here are all warm.
        ima_curl_multi_setopt_long(multi, CURLMOPT_MAXCONNECTS, configuration.maximumConnections)
        // TLS sessions otherwise die with the easy handle. One thread uses the share, so it needs no locks.
        share = curl_share_init()
        if let share { ima_curl_share_setopt_long(share, CURLSHOPT_SHARE, Int32(CURL_LOCK_DATA_SSL_SESSION.rawValue)) }
    }

    var depth: (inFlight: Int, waiting: Int) { (queue.inFlight, queue.waiting) }

    mutating func add(_ submissions: [Submission]) {
        for submission in submissions { queue.add(submission) }
    }

    mutating func cancel(id: UInt64, origin: String) {
        if let waiting = queue.remove(id: id, origin: origin) {
            waiting.continuation.resume(throwing: CancellationError())
        } else if let transfer = transfers.removeValue(forKey: id) {
            curl_multi_remove_handle(multi, transfer.handle)
            queue.finished(origin: origin, warm: false)
            transfer.cancel()
        }
    }

    /// Starts what may start, moves what is in flight, delivers what has ended, and waits for more.
    mutating func turn(grace: Duration) {
        startReady(grace: grace)
        // A handshake that hangs gives up its place by the clock.
        let waitsForHandshakes = queue.waiting > 0 && !handshakes.isEmpty
        sockets.turn(multi, atMost: waitsForHandshakes ? .milliseconds(50) : .seconds(1))
        collectFinished()
    }

    /// Ends everything that is still there; each caller hears of it.
    mutating func abandon() {
        for submission in queue.removeAll() { submission.fail(.shutDown, "the HTTP client is shut down") }
        for transfer in transfers.values {
            curl_multi_remove_handle(multi, transfer.handle)
            transfer.fail(.shutDown, "the HTTP client is shut down")
        }
        transfers = [:]
        handshakes = []
        if let share { curl_share_cleanup(share) }
    }

    private mutating func startReady(grace: Duration) {
        if !handshakes.isEmpty {
            let now = ContinuousClock.now
            handshakes.removeAll { $0.wasIssued || transfers[$0.id] == nil || now - $0.started > grace }
        }
        while let submission = queue.next(mayConnect: handshakes.count < maximumHandshakes) {
            guard let transfer = Transfer(submission, share: share) else {
                queue.finished(origin: submission.origin, warm: false)
                submission.fail(.protocolViolation, "libcurl has no memory for a handle")
                continue
            }
            transfers[submission.id] = transfer
            if !queue.isWarm(submission.origin) { handshakes.append(transfer) }
            curl_multi_add_handle(multi, transfer.handle)
        }
    }

    private mutating func collectFinished() {
        var remaining: Int32 = 0
        while let message = curl_multi_info_read(multi, &remaining) {
            guard message.pointee.msg == CURLMSG_DONE, let handle = message.pointee.easy_handle else { continue }
            let code = ima_curl_message_result(message)
            var pointer: UnsafeMutableRawPointer?
            ima_curl_getinfo_pointer(handle, CURLINFO_PRIVATE, &pointer)
            guard let pointer else { continue }
            let transfer = Unmanaged<Transfer>.fromOpaque(pointer).takeUnretainedValue()
            curl_multi_remove_handle(multi, handle)
            transfers[transfer.id] = nil
            queue.finished(origin: transfer.origin, warm: code == CURLE_OK)
            transfer.finish(code)
        }
    }
}
