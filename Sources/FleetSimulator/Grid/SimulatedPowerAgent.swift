public import EventBus
public import JOSE
public import Logging
import OpenSSL
public import PowerEvents
public import StrictJSON

/// A power agent for tests and demonstrations: signs payloads and publishes them as events.
public final class SimulatedPowerAgent: Sendable {
    public let source: EventSource
    private let key: SigningKey
    private let topicPrefix: String
    private let connection: BusConnection

    public init(
        source: EventSource, key: SigningKey, bus: BusOptions, topicPrefix: String = "", logger: Logger
    ) throws {
        self.source = source
        self.key = key
        self.topicPrefix = topicPrefix
        connection = try BusConnection(bus, logger: logger, onMessage: { _ in true })
    }

    public func start() { connection.start() }
    public func stop() { connection.stop() }
    public var isConnected: Bool { connection.isConnected }

    /// Signs a payload and puts it into an envelope of its type.
    public func event(_ type: EventType, _ payload: JSONValue, time: Timestamp) throws -> CloudEvent {
        CloudEvent(
            id: UUIDText(randomBytes: try RandomBytes.draw(16)), source: source, type: type, time: time,
            trace: TraceContext(randomBytes: try RandomBytes.draw(24)),
            data: .signed(try JWS.sign(payload.bytes, with: key)))
    }

    /// Publishes an event on its topic; returns once the broker has it.
    public func publish(_ event: CloudEvent) async throws {
        try await connection.publish(
            topic: Topic(event.type, publisher: source, prefix: topicPrefix).description, payload: event.json.bytes)
    }
}
