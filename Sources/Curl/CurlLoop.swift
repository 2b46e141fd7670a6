import CCurl

/// What a worker's thread keeps: the queue, the transfers in flight, and the handshakes among them.
struct CurlLoop {
    /// As long as a BMC's turn takes, with what it waits for in between.
    private static let idleLimit = Duration.seconds(1)

    private let sockets: SocketWatch
    private let configuration: HTTPClientPool.Configuration
    private let fence: HTTPClientPool.Fence?
    private var queue: RequestQueue
    private let handles = EasyHandles()
    private var shards: [CurlShard] = []
    /// Shards that were replaced, until the last request over their connections has ended.
    private var replaced: [CurlShard] = []
    private var authorities = AuthorityFiles()
    /// The shards whose connections are more than may be kept, and the origins of each.
    private var passing: [Int: [String]] = [:]
    /// Of their origins, those that may have a connection open.
    private var passingOpen: Set<String> = []
    /// Requests to others of them, which wait until some of these are closed.
    private var held: [Submission] = []
    private var lastClosing = ContinuousClock.now
    /// By origin, its shard, and its place there.
    private var homes: [String: (shard: Int, place: Int)] = [:]
    private var transfers: [UInt64: Transfer] = [:]
    /// Those that count against the bound, and how long this thread had been idle when each began.
    private var handshakes: [(transfer: Transfer, idleBefore: Duration)] = []

    init(sockets: SocketWatch, configuration: HTTPClientPool.Configuration, fence: HTTPClientPool.Fence?) {
        self.sockets = sockets
        self.fence = fence
        self.configuration = configuration
        queue = RequestQueue(
            connectionsPerOrigin: configuration.connectionsPerOrigin, maximumInFlight: configuration.maximumInFlight)
    }

    var depth: (inFlight: Int, waiting: Int) { (queue.inFlight, queue.waiting + held.count) }

    mutating func add(_ submissions: [Submission]) {
        for submission in submissions { queue.add(submission) }
    }

    mutating func cancel(id: UInt64, origin: String) {
        if let waiting = queue.remove(id: id, origin: origin) {
            waiting.continuation.resume(throwing: CancellationError())
        } else if let index = held.firstIndex(where: { $0.id == id }) {
            held.remove(at: index).continuation.resume(throwing: CancellationError())
        } else if let transfer = transfers.removeValue(forKey: id) {
            transfer.shard?.remove(transfer)
            queue.finished(origin: origin, warm: false)
            transfer.cancel()
        }
    }

    /// Starts what may start, waits for what comes, and delivers what has ended.
    mutating func turn(grace: Duration) {
        closePassing()
        checkAuthorities()
        for shard in replaced where !shard.isBusy { shard.retire() }
        replaced.removeAll { !$0.isBusy }
        startReady(grace: grace)
        // A handshake that takes its time gives up its place by the clock.
        let waitsForHandshakes = queue.waiting > 0 && !handshakes.isEmpty
        let limit: Duration = waitsForHandshakes ? grace : held.isEmpty ? .seconds(1) : .milliseconds(100)
        for shard in sockets.turn(atMost: limit) { deliver(shard) }
    }

    private mutating func deliver(_ shard: CurlShard) {
        shard.finished { transfer, code in
            transfers[transfer.id] = nil
            queue.finished(origin: transfer.origin, warm: code == CURLE_OK && !transfer.isLast)
            if transfer.isLast, configuration.connectionsPerOrigin == 1 { passingOpen.remove(transfer.origin) }
            transfer.finish(code)
        }
    }

    /// Ends everything that is still there; each caller hears of it.
    mutating func abandon() {
        for submission in queue.removeAll() + held { submission.fail(.shutDown, "the HTTP client is shut down") }
        for transfer in transfers.values {
            transfer.shard?.remove(transfer)
            transfer.fail(.shutDown, "the HTTP client is shut down")
        }
        transfers = [:]
        held = []
        handshakes = []
        sockets.forgetAll()
        shards = []
        replaced = []
    }

    /// Drops everything that was made of authorities before: connections, TLS sessions, and what libcurl read. Requests
    /// that are on their way come to their end over the connections that they have.
    mutating func renewTrust() {
        let busy = Set(transfers.values.map(\.origin))
        for (index, shard) in shards.enumerated() {
            guard let fresh = CurlShard(sockets: sockets, connections: shard.connections) else { continue }
            shards[index] = fresh
            if shard.isBusy { replaced.append(shard) } else { shard.retire() }
        }
        for origin in homes.keys where !busy.contains(origin) { queue.closed(origin: origin) }
        passingOpen = []
    }

    /// - Parameter force: also where no file seems to have changed
    mutating func checkAuthorities(immediately: Bool = false, force: Bool = false) {
        if authorities.changed(now: .now, immediately: immediately) || force { renewTrust() }
    }

    private mutating func startReady(grace: Duration) {
        if !handshakes.isEmpty {
            let idle = sockets.idle
            handshakes.removeAll {
                $0.transfer.wasIssued || transfers[$0.transfer.id] == nil || idle - $0.idleBefore > grace
            }
        }
        if !held.isEmpty, passingOpen.count < maximumPassingOrigins {
            add(held)
            held = []
        }
        while let submission = queue.next(mayConnect: handshakes.count < configuration.maximumHandshakes) {
            let home = home(of: submission.origin)
            if let home, !mayOpen(submission.origin, shard: home.shard) {
                queue.finished(origin: submission.origin, warm: false)
                held.append(submission)
                continue
            }
            guard let home, let transfer = Transfer(submission, handles: handles, fence: fence) else {
                queue.finished(origin: submission.origin, warm: false)
                submission.fail(.protocolViolation, "libcurl has no memory for a handle")
                continue
            }
            transfers[submission.id] = transfer
            if case .authorities(let file) = submission.request.tls { authorities.note(file) }
            if !queue.isWarm(submission.origin) { handshakes.append((transfer, sockets.idle)) }
            if isLast(submission.request, shard: home.shard) { transfer.closeAfterwards() }
            shards[home.shard].start(transfer, place: home.place)
        }
    }

    /// The shard that an origin belongs to for the life of the pool; nil where libcurl has no memory for it.
    ///
    /// The first origins keep their connections. Evicting whichever was used longest ago would keep none: a patrol comes
    /// to all in turn.
    private mutating func home(of origin: String) -> (shard: Int, place: Int)? {
        if let home = homes[origin] { return home }
        let place = homes.count % CurlShard.capacity
        if place == 0 {
            let wish = CurlShard.capacity * configuration.connectionsPerOrigin
            guard let shard = CurlShard(sockets: sockets, connections: wish) else { return nil }
            shards.append(shard)
            if shards.count * wish > configuration.maximumConnections { passing[shards.count - 1] = [] }
        }
        let home = (shard: shards.count - 1, place: place)
        homes[origin] = home
        passing[home.shard]?.append(origin)
        return home
    }

    private var maximumPassingOrigins: Int {
        max(1, configuration.maximumPassing / max(1, configuration.connectionsPerOrigin))
    }

    /// Whether an origin may have a connection now, and notes that it has where it may.
    private mutating func mayOpen(_ origin: String, shard: Int) -> Bool {
        guard passing[shard] != nil, !passingOpen.contains(origin) else { return true }
        guard passingOpen.count < maximumPassingOrigins else { return false }
        passingOpen.insert(origin)
        return true
    }

    /// Whether a request's connection is not worth keeping after it.
    private func isLast(_ request: HTTPRequest, shard: Int) -> Bool {
        switch request.followup {
        case .expected: false
        case .unlikely: passing[shard] != nil
        case .none: true
        }
    }

    /// Closes what nobody needs at the moment, where it is more than may be kept.
    private mutating func closePassing() {
        let now = ContinuousClock.now
        guard !passing.isEmpty, now - lastClosing > .milliseconds(500) else { return }
        lastClosing = now
        for (shard, origins) in passing where shards[shard].closeIdle(after: Self.idleLimit) {
            // libcurl may have met a time-out meanwhile.
            deliver(shards[shard])
            let busy = shards[shard].isBusy ? Set(transfers.values.map(\.origin)) : []
            for origin in origins where !busy.contains(origin) {
                queue.closed(origin: origin)
                passingOpen.remove(origin)
            }
        }
    }
}
