import EventBus
import Journal
import Logging
import Mosquitto
import OpenSSL
import PowerEvents
import Prometheus
import ServiceLifecycle
import Shedding
import Synchronization

/// Keeps the connection to the broker, and takes alerts from it into the journal before the broker may forget them.
final class BusService: Service {
    /// The broker's rules bar the agent from what it is there for.
    struct SubscriptionRefused: Error, CustomStringConvertible {
        let topic: String
        var description: String {
            "the broker refuses the subscription to \(topic): its access rules do not allow it to this client"
        }
    }

    /// What happens to messages and to the connection; set once, before the start.
    struct Handlers: Sendable {
        let gate: AlertGate
        let store: any Store
        let echoes: EchoWatch
        let refusals: RefusalLog
        let repetitions: Repetitions
        /// Keeps a refusal in the journal when there is time. One that cannot be kept is still refused.
        let record: @Sendable (RefusalRecord) -> Void
        let deliver: @Sendable (InboxAlert) -> Void
        let answerAgain: @Sendable (UUIDText) -> Void
        /// Before any message of the new connection.
        let connected: @Sendable () -> Void
        let becameReady: @Sendable (Bool) -> Void
    }

    let connection: BusConnection
    private let refusals: AsyncStream<String>
    private let refusalSink: AsyncStream<String>.Continuation

    init(
        _ options: BusOptions, handlers: Handlers, metrics: AgentMetrics, logger: Logger,
        now: @escaping @Sendable () -> Timestamp
    ) throws {
        let (stream, sink) = AsyncStream<String>.makeStream()
        refusals = stream
        refusalSink = sink
        let own = Set(options.optionalTopics)
        connection = try BusConnection(
            options, logger: logger,
            onMessage: { message in
                if own.contains(message.topic) {
                    if let event = try? CloudEvent(decoding: message.payload) { handlers.echoes.heard(event.id) }
                    return true
                }
                // libmosquitto acknowledges when this returns.
                return ForeignThread.wait {
                    await Self.receive(
                        topic: message.topic, payload: message.payload, handlers: handlers, metrics: metrics,
                        logger: logger, now: now)
                }
            },
            onEvent: { event in
                switch event {
                case .connected: handlers.connected()
                case .ready: handlers.becameReady(true)
                case .listening: handlers.echoes.listen(true)
                case .lost: handlers.becameReady(false)
                case .refused(let topic): sink.yield(topic)
                }
            })
    }

    /// Listens to the alerts of other sources from now on.
    func listen(to topics: [String]) { connection.listen(to: topics) }

    /// Connects anew by these certificates.
    func renew(_ tls: BusOptions.TLS) { connection.renew(tls) }

    func run() async throws {
        connection.start()
        defer { connection.stop() }
        try await withGracefulShutdownHandler {
            for await topic in refusals { throw SubscriptionRefused(topic: topic) }
        } onGracefulShutdown: {
            self.refusalSink.finish()
        }
    }

    /// One message at a time. - Returns: true once the journal has the message, or it is not worth keeping
    static func receive(
        topic: String, payload: [UInt8], handlers: Handlers, metrics: AgentMetrics, logger: Logger,
        now: @Sendable () -> Timestamp
    ) async -> Bool {
        do throws(Refusal) {
            let alert = try handlers.gate.open(topic: topic, payload: payload, now: now())
            return try await keep(alert, handlers: handlers, metrics: metrics, logger: logger, now: now)
        } catch {
            let refusal = handlers.refusals.note(
                RefusalRecord(
                    at: now(), reason: error.reason.rawValue, detail: error.detail, topic: topic,
                    source: error.source, eventID: error.eventID, digest: SHA256.hex(payload)))
            if let refusal { handlers.record(refusal) }
            return true
        }
    }

    private static func keep(
        _ alert: AcceptedAlert, handlers: Handlers, metrics: AgentMetrics, logger: Logger,
        now: @Sendable () -> Timestamp
    ) async throws(Refusal) -> Bool {
        do {
            let isSeen = try await handlers.store.hasSeen(alert.mark)
            if !isSeen {
                let isEnd = alert.breachAlert?.status == .resolved
                let mayBeLate = isEnd ? try await handlers.store.knows(alert.breachID) : false
                if !mayBeLate { try handlers.gate.checkTime(of: alert, now: now()) }
            }
            // Whatever is unchanged since a moment ago would be refused again.
            if !isSeen, handlers.repetitions.isRefused(alert.mark.digest) {
                metrics.alertsRepeated.increment()
                return true
            }
            if !isSeen, let item = try await handlers.store.receive(alert) {
                handlers.deliver(item)
                return true
            }
            metrics.alertsRepeated.increment()
            guard handlers.repetitions.mayAnswer(alert.breachID) else { return true }
            logger.info("duplicate alert; latest report republished", metadata: ["event": "\(alert.eventID)"])
            handlers.answerAgain(alert.breachID)
            return true
        } catch let refusal as Refusal {
            throw refusal
        } catch {
            metrics.journalFailures.increment()
            logger.critical(
                "an alert could not be kept; the broker is asked to deliver it again",
                metadata: ["event": "\(alert.eventID)", "reason": "\(error)"])
            return false
        }
    }
}
