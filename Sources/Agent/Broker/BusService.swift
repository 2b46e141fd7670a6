import EventBus
import Journal
import Logging
import Mosquitto
import OpenSSL
import PowerEvents
import ServiceLifecycle
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
        let journal: JournalDatabase
        let echoes: EchoWatch
        let refusals: RefusalLog
        /// Keeps a refusal in the journal when there is time. One that cannot be kept is still refused.
        let record: @Sendable (RefusalRecord) -> Void
        let deliver: @Sendable (InboxAlert) -> Void
        let answerAgain: @Sendable (UUIDText) -> Void
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
                return Self.receive(message, handlers: handlers, metrics: metrics, logger: logger, now: now)
            },
            onEvent: { event in
                switch event {
                case .ready: handlers.becameReady(true)
                case .listening: handlers.echoes.listen(true)
                case .lost: handlers.becameReady(false)
                case .refused(let topic): sink.yield(topic)
                }
            })
    }

    /// Listens to the alerts of other sources from now on.
    func listen(to topics: [String]) { connection.listen(to: topics) }

    func run() async throws {
        connection.start()
        defer { connection.stop() }
        try await withGracefulShutdownHandler {
            for await topic in refusals { throw SubscriptionRefused(topic: topic) }
        } onGracefulShutdown: {
            self.refusalSink.finish()
        }
    }

    /// On the connection's thread. - Returns: true once the journal has the message, or it is not worth keeping
    private static func receive(
        _ message: MQTTMessage, handlers: Handlers, metrics: AgentMetrics, logger: Logger,
        now: @Sendable () -> Timestamp
    ) -> Bool {
        do {
            let alert = try handlers.gate.admit(topic: message.topic, payload: message.payload, now: now())
            return keep(alert, handlers: handlers, metrics: metrics, logger: logger)
        } catch {
            handlers.record(
                handlers.refusals.note(
                    RefusalRecord(
                        at: now(), reason: error.reason.rawValue, detail: error.detail, topic: message.topic,
                        source: error.source, eventID: error.eventID, digest: SHA256.hex(message.payload))))
            return true
        }
    }

    private static func keep(
        _ alert: AcceptedAlert, handlers: Handlers, metrics: AgentMetrics, logger: Logger
    ) -> Bool {
        do {
            if let item = try handlers.journal.receive(alert) {
                handlers.deliver(item)
            } else {
                logger.info("seen before, answering again", metadata: ["event": "\(alert.eventID)"])
                handlers.answerAgain(alert.breachID)
            }
            return true
        } catch {
            metrics.count("ima_journal_failures_total")
            logger.critical(
                "an alert could not be kept; the broker is asked to deliver it again",
                metadata: ["event": "\(alert.eventID)", "reason": "\(error)"])
            return false
        }
    }
}
