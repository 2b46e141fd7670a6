import Foundation
public import Logging
public import Mosquitto
import Synchronization

/// One participant of the event bus: subscribes, delivers messages, and publishes with acknowledgement.
public final class BusConnection: Sendable {
    /// What the owner may want to act on; everything is logged here already.
    public enum Event: Sendable {
        /// Connected; what the broker has kept may come from now on.
        case connected
        /// Connected and every topic granted.
        case ready
        /// An optional topic was granted.
        case listening
        case lost
        /// The broker's rules do not let us read a topic. Nothing can be received; an operator has to act.
        case refused(topic: String)
    }

    public struct Unacknowledged: Error, Sendable, CustomStringConvertible {
        public let description = "the broker did not acknowledge in time"
    }

    /// The broker ended several connections in a row while it was being sent this, still unacknowledged.
    public struct EndedByBroker: Error, Sendable, CustomStringConvertible {
        public let description = "the broker ends each connection on which it is sent"
    }

    private struct State {
        var pendingTopics: Set<String> = []
        var waiting: [Int32: CheckedContinuation<Void, any Error>] = [:]
        /// Acknowledgements that overtook the return of their own publish.
        var early: Set<Int32> = []
        /// Publishes that nobody waits for any more. Ids come again, so a late acknowledgement must not count for another.
        var abandoned: Set<Int32> = []
        var connectedAt: ContinuousClock.Instant?
        /// Those that are subscribed to now.
        var topics: [String] = []
        /// Whether the connection is being made anew by other certificates.
        var isRenewing = false
        /// Connections in a row that ended within seconds.
        var quickEnds = 0
        /// Those in a row on which a publish was not acknowledged, after however long: a large one takes its time.
        var endsPublishing = 0
    }

    /// So many ends in a row are no accident.
    private static let maximumQuickEnds = 3

    private final class Shared: Sendable {
        let state = Mutex(State())
        /// Lets the client forget what the broker has not acknowledged.
        let forget = Mutex<(@Sendable () -> Void)?>(nil)
    }

    private let client: MQTTClient
    private let shared: Shared
    private let publishQoS: Int
    private let options: BusOptions

    /// - Parameters:
    ///   - onMessage: on the connection's thread; true once the message is safe. Until then the broker keeps it.
    ///   - onEvent: likewise
    /// - Throws: `MQTTError`, and ``BusOptions/NoAuthorities``
    public init(
        _ options: BusOptions, logger: Logger, onMessage: @escaping @Sendable (MQTTMessage) -> Bool,
        onEvent: @escaping @Sendable (Event) -> Void = { _ in }
    ) throws {
        if options.address.isEncrypted, options.tls == nil {
            throw BusOptions.NoAuthorities(address: options.address)
        }
        let shared = Shared()
        self.shared = shared
        self.options = options
        shared.state.withLock { $0.topics = options.topics }
        publishQoS = options.publishQoS
        let handler = Handler(options: options, logger: logger, shared: shared, onEvent: onEvent)
        client = try MQTTClient(
            MQTTOptions(
                host: options.address.host, port: options.address.port, clientID: options.clientID,
                tls: options.tls?.mqtt,
                login: { try options.login().map { .init(username: $0.username, password: $0.password) } },
                subscriptions: (options.topics + options.optionalTopics).map {
                    .init(topic: $0, qos: options.subscribeQoS)
                }),
            onMessage: onMessage, onEvent: { handler.handle($0) })
        let client = client
        shared.forget.withLock { $0 = { [weak client] in client?.forgetUnacknowledged() } }
    }

    public func start() { client.start() }

    /// Disconnects; publishes that wait for an acknowledgement fail.
    public func stop() {
        client.stop()
        let waiting = shared.state.withLock { state in
            defer { state.waiting = [:] }
            return state.waiting
        }
        for continuation in waiting.values { continuation.resume(throwing: Unacknowledged()) }
    }

    public var isConnected: Bool { client.isConnected }

    /// Publishes and returns when the broker acknowledged as the QoS promises. Over a reconnect the library sends the
    /// message again by itself.
    ///
    /// - Parameter qos: nil for that of the connection
    /// - Throws: ``Unacknowledged`` after `limit`, ``EndedByBroker``, or an `MQTTError`
    public func publish(
        topic: String, payload: [UInt8], within limit: Duration = .seconds(30), qos: Int? = nil
    ) async throws {
        let messageID = try client.publish(topic: topic, payload: payload, qos: qos ?? publishQoS)
        let timer = Task { [shared] in
            try await Task.sleep(for: limit)
            let continuation = shared.state.withLock { state in
                let continuation = state.waiting.removeValue(forKey: messageID)
                if continuation != nil { state.abandoned.insert(messageID) }
                return continuation
            }
            continuation?.resume(throwing: Unacknowledged())
        }
        defer { timer.cancel() }
        try await withCheckedThrowingContinuation { continuation in
            let isDone = shared.state.withLock { state in
                if state.early.remove(messageID) != nil { return true }
                // Ids begin anew with a client that was set up anew.
                state.waiting.updateValue(continuation, forKey: messageID)?.resume(throwing: Unacknowledged())
                return false
            }
            if isDone { continuation.resume() }
        }
    }

    /// Listens to other topics from now on. What the broker refuses of those that were not there at the start is logged,
    /// and ends nothing.
    public func listen(to topics: [String]) {
        shared.state.withLock { $0.topics = topics }
        client.subscribe(
            to: (topics + options.optionalTopics).map { .init(topic: $0, qos: options.subscribeQoS) })
    }

    /// Connects anew with a new login, before the broker ends the old one.
    public func renewLogin() { client.reconnect() }

    /// Connects anew by these certificates, read now: what was trusted before and is not any more ends with it. A publish
    /// that waits for an acknowledgement fails, and is to be sent again.
    public func renew(_ tls: BusOptions.TLS) {
        let isConnected = client.isConnected
        shared.state.withLock { $0.isRenewing = isConnected }
        client.renew(tls.mqtt)
        if !isConnected { Self.giveUp(in: shared) }
    }

    /// Nobody will acknowledge what is under way.
    private static func giveUp(in shared: Shared) {
        let waiting = shared.state.withLock { state in
            defer {
                state.waiting = [:]
                state.abandoned = []
                state.early = []
                state.isRenewing = false
            }
            return state.waiting
        }
        for continuation in waiting.values { continuation.resume(throwing: Unacknowledged()) }
    }

    /// Turns the client's events into log lines, acknowledgements and ``Event``s.
    private struct Handler: Sendable {
        let options: BusOptions
        let logger: Logger
        let shared: Shared
        let onEvent: @Sendable (Event) -> Void

        func handle(_ event: MQTTEvent) {
            switch event {
            case .connected(let sessionPresent):
                logger.info(
                    "connected to the broker",
                    metadata: [
                        "broker": "\(options.address)", "session": sessionPresent ? "kept" : "new",
                    ])
                shared.state.withLock {
                    $0.pendingTopics = Set($0.topics)
                    $0.connectedAt = .now
                }
                onEvent(.connected)
                if shared.state.withLock({ $0.topics.isEmpty }) { onEvent(.ready) }
            case .subscribed(let topic, _) where options.optionalTopics.contains(topic): onEvent(.listening)
            case .subscribed(let topic, let qos):
                if qos < options.subscribeQoS {
                    logger.warning(
                        "the broker granted a lower QoS than asked for",
                        metadata: ["topic": "\(topic)", "granted": "\(qos)", "asked": "\(options.subscribeQoS)"])
                }
                let isReady = shared.state.withLock { state in
                    state.pendingTopics.remove(topic) != nil && state.pendingTopics.isEmpty
                }
                if isReady { onEvent(.ready) }
            case .subscriptionRefused(let topic) where options.optionalTopics.contains(topic):
                logger.info("the broker does not let us read back our own events", metadata: ["topic": "\(topic)"])
            case .subscriptionRefused(let topic):
                logger.critical(
                    "the broker refused the subscription: its rules do not let this client read the topic",
                    metadata: ["topic": "\(topic)", "client": "\(options.clientID)"])
                if options.topics.contains(topic) {
                    onEvent(.refused(topic: topic))
                } else {
                    let isReady = shared.state.withLock { state in
                        state.pendingTopics.remove(topic) != nil && state.pendingTopics.isEmpty
                    }
                    if isReady { onEvent(.ready) }
                }
            case .published(let messageID):
                let continuation = shared.state.withLock { state in
                    state.endsPublishing = 0
                    let continuation = state.waiting.removeValue(forKey: messageID)
                    if continuation == nil, state.abandoned.remove(messageID) == nil { state.early.insert(messageID) }
                    return continuation
                }
                continuation?.resume()
            case .disconnected(let error, let delay):
                logger.warning(
                    "no connection to the broker",
                    metadata: [
                        "broker": "\(options.address)", "reason": "\(error)",
                        "retry_in": "\(delay)",
                    ])
                if shared.state.withLock({ $0.isRenewing }) { BusConnection.giveUp(in: shared) } else { noteEnd() }
                onEvent(.lost)
            }
        }

        /// Two clients with one id evict each other for ever, which looks like a bad network to both. An event that the
        /// broker does not take looks the same, but for what was on its way.
        private func noteEnd() {
            let (ends, endsPublishing, given) = shared.state.withLock {
                state -> (Int, Int, [CheckedContinuation<Void, any Error>]) in
                guard let since = state.connectedAt else { return (0, 0, []) }
                state.connectedAt = nil
                let isQuick = .now - since < .seconds(5)
                let isPublishing = !state.waiting.isEmpty || !state.abandoned.isEmpty
                state.quickEnds = isQuick && !isPublishing ? state.quickEnds + 1 : 0
                state.endsPublishing = isPublishing ? state.endsPublishing + 1 : 0
                guard state.endsPublishing == BusConnection.maximumQuickEnds else {
                    return (state.quickEnds, state.endsPublishing, [])
                }
                state.endsPublishing = 0
                defer {
                    state.waiting = [:]
                    state.abandoned = []
                }
                return (0, BusConnection.maximumQuickEnds, Array(state.waiting.values))
            }
            if endsPublishing == BusConnection.maximumQuickEnds {
                shared.forget.withLock { $0 }?()
                for continuation in given { continuation.resume(throwing: EndedByBroker()) }
            }
            guard ends == BusConnection.maximumQuickEnds, endsPublishing == 0 else { return }
            logger.critical(
                "the broker ends each connection right after it began: another client seems to use our id",
                metadata: ["client": "\(options.clientID)", "broker": "\(options.address)"])
        }
    }
}

extension BusOptions.TLS {
    fileprivate var mqtt: MQTTOptions.TLS {
        MQTTOptions.TLS(caFile: authorities, certificateFile: certificate, keyFile: key)
    }
}
