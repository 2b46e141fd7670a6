import CCurl
import Synchronization

/// The worker pool: a few threads, each driving its own origins, behind one asynchronous call.
///
/// Requests to one origin go out one at a time (``Configuration/connectionsPerOrigin``), lowest priority number first,
/// over a connection that is kept. Where more want to go than may be in flight, the lowest number goes first too.
public final class HTTPClientPool: Sendable {
    public struct Configuration: Sendable, Hashable {
        /// Threads; 0 means one a core, at most 8.
        public var workers: Int
        public var connectionsPerOrigin: Int
        /// Requests in flight at once, over all workers.
        public var maximumInFlight: Int
        /// TLS handshakes in flight at once on one worker. Unbounded, they would all end at the same late time.
        public var maximumHandshakes: Int
        /// Connections kept open while nothing is asked over them, over all workers; those of the origins that came
        /// first. Others are closed with the last request (``HTTPRequest/Followup``), or after a second.
        public var maximumConnections: Int
        /// Connections that are open at once to the other origins, over all workers.
        public var maximumPassing: Int

        public init(
            workers: Int = 0, connectionsPerOrigin: Int = 1, maximumInFlight: Int = 4096, maximumHandshakes: Int = 32,
            maximumConnections: Int = 32_768, maximumPassing: Int = 32_768
        ) {
            self.workers = workers
            self.connectionsPerOrigin = connectionsPerOrigin
            self.maximumInFlight = maximumInFlight
            self.maximumHandshakes = maximumHandshakes
            self.maximumConnections = maximumConnections
            self.maximumPassing = maximumPassing
        }
    }

    /// Whether a request that may change something may go out at this moment. Asked on a worker's thread, with the
    /// connection open and nothing left but to send.
    public typealias Fence = @Sendable () -> Bool

    private let workers: [CurlWorker]
    private let nextID = Atomic<UInt64>(1)
    /// By origin, the place of its worker: the same for the life of the pool, and as many for each.
    private let homes = Mutex<[String: Int]>([:])

    private static let libraryIsReady: Bool = ima_curl_global_init() == CURLE_OK

    /// - Parameter fence: asked before each request but GETs; one that it refuses fails with ``CurlError/Kind/fenced``
    public init(_ configuration: Configuration = Configuration(), fence: Fence? = nil) {
        _ = Self.libraryIsReady
        let count = configuration.workers > 0 ? configuration.workers : Self.defaultWorkers
        var share = configuration
        share.maximumInFlight = max(1, configuration.maximumInFlight / count)
        share.maximumConnections = max(1, configuration.maximumConnections / count)
        share.maximumPassing = max(1, configuration.maximumPassing / count)
        workers = (0..<count).map { _ in CurlWorker(share, fence: fence) }
        for (number, worker) in workers.enumerated() { worker.start(number: number) }
    }

    /// Sends one request and waits for its complete answer, whatever its status.
    ///
    /// Cancelling the task takes the request out of the queue, or closes its connection.
    ///
    /// - Throws: ``CurlError``, or `CancellationError`
    public func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        if let header = request.brokenHeader {
            // libcurl sends header lines as they are.
            throw CurlError(
                kind: .protocolViolation, url: request.url,
                message: "the header \(header) holds a line end or a NUL, and was not sent", mayHaveBeenObeyed: false)
        }
        let id = nextID.wrappingAdd(1, ordering: .relaxed).oldValue
        let origin = request.origin
        let worker = worker(for: origin)
        return try await withTaskCancellationHandler {
            try Task.checkCancellation()
            return try await withCheckedThrowingContinuation { continuation in
                worker.submit(Submission(id: id, request: request, origin: origin, continuation: continuation))
                // A cancellation can come before the submission, and finds nothing to cancel then.
                if Task.isCancelled { worker.cancel(id: id, origin: origin) }
            }
        } onCancel: {
            worker.cancel(id: id, origin: origin)
        }
    }

    /// Takes up changed files of authorities (``TLSTrust/authorities(file:)``) at once; without being asked the pool does
    /// so within three seconds. Connections and TLS sessions that were made under the old ones are not used again.
    ///
    /// - Parameter force: also where no file changed, since something else that trust is made of did
    public func renewTrust(force: Bool = false) {
        for worker in workers { worker.renewTrust(force: force) }
    }

    /// Ends the threads. Requests that have not been answered fail with ``CurlError/Kind/shutDown``.
    public func shutDown() {
        for worker in workers { worker.stop() }
        for worker in workers { worker.waitUntilFinished() }
    }

    /// Requests on the wire and requests waiting for their turn, over all workers.
    public var queueDepth: (inFlight: Int, waiting: Int) {
        workers.map(\.queueDepth).reduce((0, 0)) { ($0.0 + $1.inFlight, $0.1 + $1.waiting) }
    }

    private func worker(for origin: String) -> CurlWorker {
        homes.withLock { homes in
            if let home = homes[origin] { return workers[home] }
            let home = homes.count % workers.count
            homes[origin] = home
            return workers[home]
        }
    }

    private static var defaultWorkers: Int { min(8, max(1, activeProcessorCount())) }
}
