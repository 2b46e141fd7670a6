import EventBus
import Journal
import Logging
import PowerEvents
import ServiceLifecycle
import Synchronization

/// Publishes what the outbox holds, in order, until the broker has acknowledged each event.
final class OutboxService: Service {
    private let journal: JournalDatabase
    private let bus: BusConnection
    private let echoes: EchoWatch
    private let metrics: AgentMetrics
    private let logger: Logger
    private let now: @Sendable () -> Timestamp
    private let wakes: AsyncStream<Void>
    private let waker: AsyncStream<Void>.Continuation
    private let isStopping = Atomic<Bool>(false)

    init(
        journal: JournalDatabase, bus: BusConnection, echoes: EchoWatch, metrics: AgentMetrics, logger: Logger,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.journal = journal
        self.bus = bus
        self.echoes = echoes
        self.metrics = metrics
        self.logger = logger
        self.now = now
        (wakes, waker) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// There may be something new to publish.
    func wake() { waker.yield() }

    func run() async throws {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.nudge() }
                for await _ in wakes { await self.flush() }
                // Once more on the way out: the last reports were written while the lanes came to rest.
                if !Task.isCancelled { await self.flush() }
                group.cancelAll()
            }
        } onGracefulShutdown: {
            self.isStopping.store(true, ordering: .relaxed)
            self.waker.finish()
        }
    }

    /// A broker that came back is noticed even where nothing new is written.
    private func nudge() async {
        while !Task.isCancelled {
            wake()
            for id in echoes.overdue() {
                metrics.count("ima_events_swallowed_total")
                logger.error(
                    "the broker acknowledged an event and delivered it to nobody we can see: check its access rules",
                    metadata: ["event": "\(id)"])
            }
            try? await Task.sleep(for: .seconds(1))
        }
    }

    private func flush() async {
        while bus.isConnected, !Task.isCancelled {
            // What the broker has and the journal does not know of yet. A crash publishes these again, under the
            // same ids.
            var acknowledged: [UUIDText] = []
            do {
                let events = try journal.unpublished(limit: 16)
                metrics.set("ima_outbox_depth", try journal.outboxDepth())
                if events.isEmpty { return }
                for event in events {
                    let limit: Duration = isStopping.load(ordering: .relaxed) ? .seconds(3) : .seconds(30)
                    try await bus.publish(topic: event.topic, payload: event.payload, within: limit)
                    acknowledged.append(event.eventID)
                    echoes.published(event.eventID)
                    metrics.count("ima_events_published_total")
                    logger.info(
                        "published an enforcement event",
                        metadata: ["event": "\(event.eventID)", "breach": "\(event.breachID)"])
                }
                try journal.markPublished(acknowledged, now: now())
            } catch {
                logger.warning("an event stays in the outbox", metadata: ["reason": "\(error)"])
                // Where it is the disk that refuses, they are published once more.
                try? journal.markPublished(acknowledged, now: now())
                return
            }
        }
    }
}
