import CMosquitto
import Foundation
import Retrying
import Synchronization

/// One MQTT 3.1.1 client over libmosquitto, with a thread of its own.
///
/// The thread drives `mosquitto_loop_read`, `_write` and `_misc` over `poll(2)`. libmosquitto's own loop is not used: it
/// selects, and so dies silently once a descriptor passes 1024, which a process with a thousand BMC connections has.
/// Every end of a connection is followed by another try, for ever.
///
/// The message handler runs on that thread, and the broker's copy is acknowledged only after it returned true.
public final class MQTTClient: Sendable {
    private struct State {
        var stopping = false
        var mustReconnect = false
        /// Whether what the broker has not acknowledged is to be forgotten before the next connection.
        var mustForget = false
        var connected = false
        /// The topics of SUBSCRIBE packets that the broker has not answered, by message id.
        var subscribing: [Int32: MQTTOptions.Subscription] = [:]
        var started = false
        var subscriptions: [MQTTOptions.Subscription] = []
        /// Topics that are not wanted any more. The broker keeps a session's subscriptions until it is told.
        var unwanted: Set<String> = []
        var tls: MQTTOptions.TLS?
    }

    // libmosquitto locks its handle itself once told that it is threaded (`mosquitto_threaded_set`).
    private nonisolated(unsafe) let handle: OpaquePointer
    /// Held while a message is handed over, and while the handle is made anew.
    private let handing = Mutex(())
    private let wakeDescriptor: Int32
    private let options: MQTTOptions
    private let onMessage: @Sendable (MQTTMessage) -> Bool
    private let onEvent: @Sendable (MQTTEvent) -> Void
    private let state = Mutex(State())
    private let finished = DispatchSemaphore(value: 0)

    private static let libraryIsReady: Bool = mosquitto_lib_init() == MOSQ_ERR_SUCCESS.rawValue

    /// Makes a client that does nothing until ``start()``.
    ///
    /// - Throws: ``MQTTError``, for instance for a CA file that cannot be read.
    public init(
        _ options: MQTTOptions, onMessage: @escaping @Sendable (MQTTMessage) -> Bool,
        onEvent: @escaping @Sendable (MQTTEvent) -> Void
    ) throws {
        self.options = options
        state.withLock {
            $0.subscriptions = options.subscriptions
            $0.tls = options.tls
        }
        self.onMessage = onMessage
        self.onEvent = onEvent
        let id = options.clientID.isEmpty ? nil : options.clientID
        guard Self.libraryIsReady, let handle = mosquitto_new(id, id == nil, nil) else {
            throw MQTTError(operation: "set-up", code: Int32(MOSQ_ERR_ERRNO.rawValue))
        }
        let descriptor = ima_eventfd()
        guard descriptor >= 0 else {
            mosquitto_destroy(handle)
            throw MQTTError(operation: "set-up", code: Int32(MOSQ_ERR_ERRNO.rawValue))
        }
        self.handle = handle
        wakeDescriptor = descriptor
        try configure()
    }

    private func configure() throws(MQTTError) {
        mosquitto_threaded_set(handle, true)
        mosquitto_int_option(handle, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V311)
        mosquitto_int_option(handle, MOSQ_OPT_TCP_NODELAY, 1)
        if let tls = state.withLock({ $0.tls }) {
            let code = mosquitto_tls_set(handle, tls.caFile, nil, tls.certificateFile, tls.keyFile, nil)
            guard code == MOSQ_ERR_SUCCESS.rawValue else { throw MQTTError(operation: "TLS set-up", code: code) }
        }
        mosquitto_user_data_set(handle, Unmanaged.passUnretained(self).toOpaque())
        setCallbacks()
    }

    deinit {
        mosquitto_destroy(handle)
        close(wakeDescriptor)
    }

    /// Starts the thread, which keeps this client alive until ``stop(waiting:)``.
    public func start() {
        let thread = Thread { [self] in
            run()
            finished.signal()
        }
        thread.name = "mqtt"
        state.withLock { $0.started = true }
        thread.start()
    }

    /// Disconnects and ends the thread. A connect that hangs in the kernel is waited for no longer than `limit`.
    public func stop(waiting limit: Duration = .seconds(5)) {
        let wasRunning = state.withLock { state in
            defer { state.stopping = true }
            return state.started && !state.stopping
        }
        guard wasRunning else { return }
        wake()
        _ = finished.wait(timeout: .now() + .milliseconds(Int(limit / .milliseconds(1))))
    }

    /// Ends the connection in order and makes a new one, with a new login.
    public func reconnect() {
        state.withLock { $0.mustReconnect = true }
        wake()
    }

    /// Ends the connection in order and makes a new one by these certificates, or by what their files hold now: the library
    /// adds authorities and forgets none, so everything is set up anew. What was published and not acknowledged is
    /// forgotten with it.
    public func renew(_ tls: MQTTOptions.TLS) {
        state.withLock { state in
            state.tls = tls
            state.mustForget = true
            if state.connected { state.mustReconnect = true }
        }
        wake()
    }

    /// Subscribes to other topics from now on, at once where there is a connection; ends the subscriptions that are not
    /// among them.
    public func subscribe(to subscriptions: [MQTTOptions.Subscription]) {
        state.withLock { state in
            let (old, new) = (Set(state.subscriptions.map(\.topic)), Set(subscriptions.map(\.topic)))
            state.unwanted = state.unwanted.union(old.subtracting(new)).subtracting(new)
            state.subscriptions = subscriptions
            guard state.connected else { return }
            for topic in old.subtracting(new) { mosquitto_unsubscribe(handle, nil, topic) }
            // The lock is held, so that the broker's answer is not looked up before it is written down.
            for subscription in subscriptions where !old.contains(subscription.topic) {
                var messageID: Int32 = 0
                let code = mosquitto_subscribe(handle, &messageID, subscription.topic, Int32(subscription.qos))
                if code == MOSQ_ERR_SUCCESS.rawValue { state.subscribing[messageID] = subscription }
            }
        }
        wake()
    }

    /// Forgets, before the next connection, what the library would send again: the broker may be ending each connection
    /// because of it. To be called once a connection has ended, from its event.
    public func forgetUnacknowledged() { state.withLock { $0.mustForget = true } }

    public var isConnected: Bool { state.withLock { $0.connected } }

    /// Hands a message to the library, which sends it and, for QoS 1 and 2, sends it again over reconnects until the
    /// broker acknowledged it; ``MQTTEvent/published(messageID:)`` then names the id returned here.
    public func publish(topic: String, payload: [UInt8], qos: Int) throws -> Int32 {
        var messageID: Int32 = 0
        guard payload.count <= Self.maximumBytes else {
            throw MQTTError(operation: "publish on \(topic)", code: Int32(MOSQ_ERR_PAYLOAD_SIZE.rawValue))
        }
        let code = handing.withLock { _ in
            mosquitto_publish(handle, &messageID, topic, Int32(payload.count), payload, Int32(qos), false)
        }
        guard code == MOSQ_ERR_SUCCESS.rawValue else { throw MQTTError(operation: "publish on \(topic)", code: code) }
        wake()
        return messageID
    }

    /// The longest payload of MQTT, whose remaining length has 28 bits (MQTT 3.1.1 section 2.2.3), without its header.
    private static let maximumBytes = (1 << 28) - 1 - 70_000

    private func wake() {
        var one: UInt64 = 1
        _ = write(wakeDescriptor, &one, 8)
    }
}

// MARK: - The thread

extension MQTTClient {
    private var isStopping: Bool { state.withLock { $0.stopping } }

    private func run() {
        var failures = 0
        while !isStopping {
            let start = ContinuousClock.now
            let error = connectOnce()
            if isStopping { break }
            // A connection that ends at once again is a failure too: two clients with one id evict each other.
            failures = ContinuousClock.now - start > .seconds(5) ? 0 : failures + 1
            state.withLock {
                $0.connected = false
                $0.subscribing = [:]
            }
            let delay = Backoff.brokerConnection.delay(after: failures, fraction: Double.random(in: 0...1))
            onEvent(.disconnected(error, retryIn: delay))
            pause(delay)
        }
        mosquitto_disconnect(handle)
        _ = mosquitto_loop_write(handle, 1)
        state.withLock { $0.connected = false }
    }

    private func pause(_ duration: Duration) {
        let end = ContinuousClock.now + duration
        while !isStopping, ContinuousClock.now < end {
            waitForWake(milliseconds: Int32(clamping: Int64((end - .now) / .milliseconds(1))) + 1)
        }
    }

    private func waitForWake(milliseconds: Int32) {
        var descriptor = pollfd(fd: wakeDescriptor, events: Int16(POLLIN), revents: 0)
        _ = poll(&descriptor, 1, milliseconds)
        drainWake()
    }

    private func drainWake() {
        var value: UInt64 = 0
        _ = read(wakeDescriptor, &value, 8)
    }

    /// One connection from its beginning to its end; the result says why it ended.
    private func connectOnce() -> MQTTError {
        if takeForget() {
            let code = handing.withLock { _ in
                let id = options.clientID.isEmpty ? nil : options.clientID
                return mosquitto_reinitialise(handle, id, id == nil, nil)
            }
            guard code == MOSQ_ERR_SUCCESS.rawValue else { return MQTTError(operation: "set-up", code: code) }
            do { try configure() } catch { return error }
        }
        do {
            let login = try options.login()
            mosquitto_username_pw_set(handle, login?.username, login?.password)
        } catch {
            return MQTTError(operation: "login: \(error)", code: Int32(MOSQ_ERR_AUTH.rawValue))
        }
        let keepAlive = Int32(clamping: options.keepAlive.components.seconds)
        let code = mosquitto_connect(handle, options.host, Int32(options.port), max(keepAlive, 5))
        guard code == MOSQ_ERR_SUCCESS.rawValue else {
            return MQTTError(operation: "connect to \(options.host):\(options.port)", code: code)
        }
        while !isStopping {
            let code = turn()
            if code != MOSQ_ERR_SUCCESS.rawValue { return MQTTError(operation: "connection", code: code) }
            if takeReconnect() {
                mosquitto_disconnect(handle)
                _ = mosquitto_loop_write(handle, 1)
                return MQTTError(operation: "renewing login or trust", code: Int32(MOSQ_ERR_SUCCESS.rawValue))
            }
        }
        return MQTTError(operation: "connection", code: Int32(MOSQ_ERR_SUCCESS.rawValue))
    }

    private func takeForget() -> Bool {
        state.withLock { state in
            defer { state.mustForget = false }
            return state.mustForget
        }
    }

    private func takeReconnect() -> Bool {
        state.withLock { state in
            defer { state.mustReconnect = false }
            return state.mustReconnect && state.connected
        }
    }

    /// Waits for something to do, and does it.
    private func turn() -> Int32 {
        let socket = mosquitto_socket(handle)
        guard socket >= 0 else { return Int32(MOSQ_ERR_CONN_LOST.rawValue) }
        var descriptors = [
            pollfd(fd: socket, events: Int16(POLLIN), revents: 0),
            pollfd(fd: wakeDescriptor, events: Int16(POLLIN), revents: 0),
        ]
        if mosquitto_want_write(handle) { descriptors[0].events |= Int16(POLLOUT) }
        // A second is the granularity of keep-alives.
        guard poll(&descriptors, 2, 1000) >= 0 || errno == EINTR else { return Int32(MOSQ_ERR_ERRNO.rawValue) }
        if descriptors[1].revents != 0 { drainWake() }
        if descriptors[0].revents & Int16(POLLIN | POLLHUP | POLLERR) != 0 {
            let code = mosquitto_loop_read(handle, 64)
            if code != MOSQ_ERR_SUCCESS.rawValue { return code }
        }
        if mosquitto_want_write(handle) {
            let code = mosquitto_loop_write(handle, 64)
            if code != MOSQ_ERR_SUCCESS.rawValue { return code }
        }
        return mosquitto_loop_misc(handle)
    }
}

// MARK: - Callbacks, all on the thread

extension MQTTClient {
    private static func from(_ pointer: UnsafeMutableRawPointer?) -> MQTTClient? {
        pointer.map { Unmanaged<MQTTClient>.fromOpaque($0).takeUnretainedValue() }
    }

    private func setCallbacks() {
        mosquitto_connect_with_flags_callback_set(handle) { _, user, code, flags in
            MQTTClient.from(user)?.didConnect(code: code, sessionPresent: flags & 1 == 1)
        }
        mosquitto_subscribe_callback_set(handle) { _, user, messageID, count, granted in
            let qos = UnsafeBufferPointer(start: granted, count: Int(count)).map { Int($0) }
            MQTTClient.from(user)?.didSubscribe(messageID: messageID, granted: qos.first ?? 0x80)
        }
        mosquitto_publish_callback_set(handle) { _, user, messageID in
            MQTTClient.from(user)?.onEvent(.published(messageID: messageID))
        }
        mosquitto_message_callback_set(handle) { _, user, message in
            guard let client = MQTTClient.from(user), let message = message?.pointee, let topic = message.topic else {
                return
            }
            let bytes = UnsafeRawBufferPointer(start: message.payload, count: Int(message.payloadlen))
            client.didReceive(
                MQTTMessage(
                    topic: String(cString: topic), payload: Array(bytes), qos: Int(message.qos),
                    retained: message.retain))
        }
    }

    private func didConnect(code: Int32, sessionPresent: Bool) {
        guard code == 0 else {
            onEvent(.disconnected(MQTTError(refusal: code), retryIn: .zero))
            return
        }
        state.withLock { $0.connected = true }
        onEvent(.connected(sessionPresent: sessionPresent))
        let (subscriptions, unwanted) = state.withLock { ($0.subscriptions, $0.unwanted) }
        for topic in unwanted { mosquitto_unsubscribe(handle, nil, topic) }
        for subscription in subscriptions {
            var messageID: Int32 = 0
            let code = mosquitto_subscribe(handle, &messageID, subscription.topic, Int32(subscription.qos))
            if code == MOSQ_ERR_SUCCESS.rawValue {
                state.withLock { $0.subscribing[messageID] = subscription }
            } else {
                onEvent(.subscriptionRefused(topic: subscription.topic))
            }
        }
    }

    private func didSubscribe(messageID: Int32, granted: Int) {
        guard let subscription = state.withLock({ $0.subscribing.removeValue(forKey: messageID) }) else { return }
        onEvent(
            granted > 2
                ? .subscriptionRefused(topic: subscription.topic)
                : .subscribed(topic: subscription.topic, grantedQoS: granted))
    }

    private func didReceive(_ message: MQTTMessage) {
        if onMessage(message) { return }
        // The acknowledgement is queued behind this callback. Without a socket it cannot leave, and the broker
        // delivers the message again after the reconnect.
        shutdown(mosquitto_socket(handle), Int32(SHUT_RDWR))
    }
}
