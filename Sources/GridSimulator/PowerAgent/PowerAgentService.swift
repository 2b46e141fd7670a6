import Curl
import EventBus
public import Logging
import Mosquitto
import PowerEvents
import StrictJSON
import Synchronization

/// Runs a power agent: messages, meters and time into its decisions, and what it decides onto the bus. Decides nothing.
public final class PowerAgentService: Sendable {
    private let settings: PowerAgentSettings
    private let logger: Logger
    private let state: Mutex<PowerAgentState>
    private let outgoing: AsyncStream<PowerAgentState.Outgoing>
    private let sink: AsyncStream<PowerAgentState.Outgoing>.Continuation
    private let client = HTTPClientPool(.init(workers: 1))

    /// - Throws: where an earlier run's state cannot be read
    public init(_ settings: PowerAgentSettings, logger: Logger) throws {
        self.settings = settings
        self.logger = logger
        let state = try PowerAgentState(settings, logger: logger)
        (outgoing, sink) = AsyncStream.makeStream()
        for item in state.left { sink.yield(item) }
        self.state = Mutex(state)
    }

    /// Until it is cancelled.
    public func run() async throws {
        var options = settings.participant.bus
        if options.clientID.isEmpty {
            // Stable, so that the broker keeps what arrives while this agent is away.
            options.clientID = "power-agent-\(settings.participant.source.identifier)"
        }
        let prefix = settings.participant.topicPrefix
        options.topics = [Topic.filter(.loadTargetSet, prefix: prefix), Topic.filter(.enforcement, prefix: prefix)]
        let bus = try BusConnection(
            options, logger: logger,
            onMessage: { [self] message in
                take { try $0.step(topic: message.topic, payload: message.payload, at: .now) }
            },
            onEvent: { [logger] event in
                if case .ready = event { logger.notice("subscribed to load targets and enforcement events") }
            })
        bus.start()
        defer {
            bus.stop()
            client.shutDown()
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.publish(on: bus) }
            group.addTask { await self.measure() }
            await group.waitForAll()
        }
    }

    /// - Returns: whether what came of it is kept, so that its cause need not come again
    @discardableResult
    private func take(_ step: (inout PowerAgentState) throws -> [PowerAgentState.Outgoing]) -> Bool {
        state.withLock { state in
            do {
                // Inside the lock, so that events go out in the order in which they were decided.
                for item in try state.whole(step) { sink.yield(item) }
                return true
            } catch {
                logger.error("\(error)")
                return false
            }
        }
    }

    // MARK: The bus

    private func publish(on bus: BusConnection) async {
        for await item in outgoing {
            // Where the broker was away, the snapshots of that time say nothing any more.
            let isOld = item.type != .breachAlert && .now - item.decidedAt > .seconds(30)
            if isOld { continue }
            // The contract's bindings.
            let qos = item.type == .breachAlert ? 2 : 1
            while !Task.isCancelled {
                do {
                    try await bus.publish(topic: item.topic, payload: item.payload, within: .seconds(10), qos: qos)
                    if item.type == .breachAlert { state.withLock { $0.acknowledged(item) } }
                    break
                } catch {
                    logger.warning("not published yet", metadata: ["topic": "\(item.topic)", "reason": "\(error)"])
                    // A snapshot is replaced by the next one; an alert is not.
                    if item.type != .breachAlert { break }
                    try? await Task.sleep(for: .seconds(1))
                }
            }
            if Task.isCancelled { return }
        }
    }

    // MARK: The meters

    private func measure() async {
        let clock = ContinuousClock()
        var due = clock.now
        var wasSilent = false
        var told: [String: Double] = [:]
        while !Task.isCancelled {
            let reading = await read()
            if (reading == nil) != wasSilent {
                wasSilent = reading == nil
                if wasSilent {
                    logger.warning("the meter gives no reading", metadata: ["url": "\(settings.meter.url)"])
                }
            }
            take { try $0.step(reading.map { .reading($0) } ?? .tick, at: .now) }
            await tellScheduler(&told)
            due = max(due + settings.meter.every, clock.now)
            try? await Task.sleep(until: due, clock: clock)
        }
    }

    private func read() async -> MeterReading? {
        let limit = max(settings.meter.every, .seconds(2))
        let request = HTTPRequest(.get, url: settings.meter.url, connectTimeout: limit, timeout: limit)
        guard let response = try? await client.send(request), response.status == 200,
            let json = try? JSONValue(parsing: response.body)
        else { return nil }
        return MeterReading(json: json)
    }

    /// A machine on several feeds heeds the one that lets it do least.
    private func tellScheduler(_ told: inout [String: Double]) async {
        guard let scheduler = settings.scheduler else { return }
        let admitted = state.withLock { $0.admitted }
        let changed = admitted.filter { told[$0.key] != $0.value }.map(\.key)
        guard !changed.isEmpty else { return }
        var body = JSONObject()
        for feed in changed.sorted() {
            for node in scheduler.nodes[feed] ?? [] {
                let share = (scheduler.feeds[node] ?? []).map { admitted[$0] ?? 1 }.min() ?? 1
                body[node] = ["admitted": JSONNumber(share).map(JSONValue.number) ?? .null]
            }
        }
        let request = HTTPRequest(
            .patch, url: scheduler.url, headers: [("Content-Type", "application/json")],
            body: JSONValue.object(body).bytes, timeout: .seconds(10))
        do {
            let response = try await client.send(request)
            guard response.status == 200 else {
                logger.warning("the scheduler refused", metadata: ["status": "\(response.status)"])
                return
            }
            told = admitted
        } catch {
            logger.warning("the scheduler does not answer", metadata: ["reason": "\(error)"])
        }
    }
}
