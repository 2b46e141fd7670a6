import EventBus
import Journal
import Logging
import Mosquitto
import PowerEvents
import Prometheus
import ServiceLifecycle
import Synchronization

/// Publishes what the outbox holds, in order, until the broker has acknowledged each event.
final class OutboxService: Service {
    private let store: any Store
    private let bus: BusConnection
    private let echoes: EchoWatch
    private let composer: EventComposer
    /// Breaches of which nothing is to be said until an operator has taken them up; nil: nothing of any.
    private let parked: @Sendable () -> Set<UUIDText>?
    private let suspects = Mutex(OutboxSuspects())
    private let metrics: AgentMetrics
    private let logger: Logger
    private let now: @Sendable () -> Timestamp
    private let wakes: AsyncStream<Void>
    private let waker: AsyncStream<Void>.Continuation
    private let isStopping = Atomic<Bool>(false)

    init(
        store: any Store, bus: BusConnection, echoes: EchoWatch, composer: EventComposer,
        metrics: AgentMetrics, logger: Logger, now: @escaping @Sendable () -> Timestamp,
        parked: @escaping @Sendable () -> Set<UUIDText>? = { [] }
    ) {
        self.composer = composer
        self.parked = parked
        self.store = store
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
                // Once more on the way out: the last reports were written while the BMC queues emptied.
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
                metrics.eventsNotEchoed.increment()
                logger.error(
                    "an event was acknowledged but not echoed; check the broker's ACLs",
                    metadata: ["event": "\(id)"])
            }
            try? await Task.sleep(for: .seconds(1))
        }
    }

    /// Reports older than this have missed their time: the later one of the same breach says it better.
    private static let missed = Duration.seconds(10)

    private func flush() async {
        // Also while there is no connection, so that suspicions know of it.
        var heldBack = suspects.withLock { $0.heldBack(isConnected: bus.isConnected, now: .now) }
        await dropSuperseded()
        if !bus.isConnected || parked() == nil { await measureWaiting() }
        while let parked = parked(), bus.isConnected, !Task.isCancelled {
            // What the broker has and the journal does not know of yet. A crash publishes these again, under the
            // same ids.
            var acknowledged: [UUIDText] = []
            var current: OutboxEvent?
            do {
                let events = try await store.unpublished(limit: 16 + heldBack.count, without: parked)
                    .filter { !heldBack.contains($0.eventID) }
                measure(depth: try await store.outboxDepth(), oldest: events.first?.createdAt)
                if events.isEmpty { return }
                for event in events {
                    // One of them may have waited for long, and what may be said have changed meanwhile.
                    guard self.parked()?.contains(event.breachID) == false else { break }
                    let limit: Duration = isStopping.load(ordering: .relaxed) ? .seconds(3) : .seconds(30)
                    current = event
                    try await bus.publish(topic: event.topic, payload: event.payload, within: limit)
                    acknowledged.append(event.eventID)
                    suspects.withLock { $0.acquit(event.eventID) }
                    echoes.published(event.eventID)
                    metrics.eventsPublished.increment()
                    logger.info(
                        "published an enforcement event",
                        metadata: ["event": "\(event.eventID)", "breach": "\(event.breachID)"])
                }
                try await store.markPublished(acknowledged, now: now())
            } catch {
                // Where it is the disk that refuses, they are published once more.
                try? await store.markPublished(acknowledged, now: now())
                guard let current, error is BusConnection.EndedByBroker || (error as? MQTTError)?.isTooLarge == true
                else {
                    logger.warning("publish failed; will retry", metadata: ["reason": "\(error)"])
                    return
                }
                await judge(current, isTooLarge: !(error is BusConnection.EndedByBroker))
                heldBack = suspects.withLock { $0.heldBack(isConnected: false, now: .now) }
            }
        }
    }

    /// Without a connection, which is when it matters.
    private func measureWaiting() async {
        guard let depth = try? await store.outboxDepth() else { return }
        let oldest = depth == 0 ? nil : try? await store.unpublished(limit: 1, without: []).first?.createdAt
        measure(depth: depth, oldest: oldest)
    }

    private func measure(depth: Int, oldest: Timestamp?) {
        metrics.outboxDepth.set(depth)
        metrics.outboxAge.series.set(oldest.map { max(0, (now() - $0) / .seconds(1)) } ?? 0)
    }

    private func dropSuperseded() async {
        do {
            let count = try await store.dropSuperseded(createdBefore: now() - Self.missed)
            if count > 0 {
                logger.notice(
                    "outdated reports dropped; the present one of their breach says all",
                    metadata: ["events": "\(count)"])
            }
        } catch {
            logger.warning("outdated reports could not be dropped", metadata: ["reason": "\(error)"])
        }
    }

    /// The broker ends connections while it is sent this event.
    private func judge(_ event: OutboxEvent, isTooLarge: Bool) async {
        let metadata: Logger.Metadata = [
            "event": "\(event.eventID)", "breach": "\(event.breachID)", "bytes": "\(event.payload.count)",
        ]
        do {
            // Dividing loses nothing, so that needs no proof.
            if let parts = try? composer.divide(event, now: now()) {
                try await store.replace(event.eventID, with: parts)
                suspects.withLock { $0.acquit(event.eventID) }
                metrics.eventsDivided.increment()
                return logger.warning(
                    "the broker does not take this event, so it is sent in parts; set max_event_bytes to what it takes",
                    metadata: metadata.merging(["parts": "\(parts.count)"]) { $1 })
            }
            if !isTooLarge, suspects.withLock({ $0.ended(event.eventID) }) == .heldBack {
                return logger.warning(
                    "the broker ends each connection on which this event is sent; it is held back and tried once more",
                    metadata: metadata)
            }
            try await store.setAside(
                event.eventID, reason: "the broker does not take it (\(event.payload.count) bytes)")
            metrics.eventsSetAside.increment()
            logger.critical(
                "an event that the broker does not take is set aside and will not be sent; raise the broker's limit",
                metadata: metadata)
        } catch {
            logger.warning("publish failed; will retry", metadata: metadata.merging(["reason": "\(error)"]) { $1 })
        }
    }
}
