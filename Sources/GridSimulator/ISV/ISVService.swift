public import EventBus
public import JOSE
public import Logging
import Mosquitto
public import PowerEvents
import StrictJSON
import Synchronization

/// An ISV: sends load targets, and follows what the power agents say of them.
public final class ISVService: Sendable {
    private let signer: EventSigner
    private let bus: BusConnection
    /// Every snapshot that is believed, with the correlation that it echoes.
    public let snapshots: AsyncStream<(status: PowerStateStatus, correlationID: UUIDText?)>

    /// - Parameter trusted: the power agents, and their keys
    public init(signer: EventSigner, bus options: BusOptions, trusted: [EventSource: JWKSet], logger: Logger) throws {
        self.signer = signer
        let box = GateBox(EventGate(trusted: trusted, topicPrefix: signer.topicPrefix))
        var options = options
        options.topics = [Topic.filter(.powerStateStatus, prefix: signer.topicPrefix)]
        // The contract's binding of the targets.
        options.publishQoS = 1
        let (snapshots, sink) = AsyncStream<(status: PowerStateStatus, correlationID: UUIDText?)>.makeStream()
        self.snapshots = snapshots
        bus = try BusConnection(
            options, logger: logger,
            onMessage: { message in
                // What is not believed is as if it had not come.
                if let accepted = try? box.open(message.topic, message.payload),
                    let status = try? PowerStateStatus(json: accepted.payload)
                {
                    sink.yield((status, accepted.event.correlationID))
                }
                return true
            })
    }

    private final class GateBox: Sendable {
        private let gate: Mutex<EventGate>
        init(_ gate: EventGate) { self.gate = Mutex(gate) }
        func open(_ topic: String, _ payload: [UInt8]) throws -> EventGate.Accepted {
            try gate.withLock {
                try $0.open(topic: topic, payload: payload, at: .now, repeatable: [.powerStateStatus])
            }
        }
    }

    public func start() { bus.start() }
    public func stop() { bus.stop() }
    public var isConnected: Bool { bus.isConnected }

    /// - Returns: the event, whose correlation id snapshots will echo
    public func send(_ targets: LoadTargetSet) async throws -> CloudEvent {
        let event = try signer.event(.loadTargetSet, targets.json, time: .now, correlationID: RandomID.draw())
        try await bus.publish(topic: signer.topic(.loadTargetSet), payload: event.json.bytes)
        return event
    }
}
