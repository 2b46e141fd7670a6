public import EventBus
public import JOSE
public import Logging
import Mosquitto
public import PowerEvents
public import StrictJSON

/// Listens to the bus and hands out every event, with whether its signature holds.
public final class EventWatcher: Sendable {
    public struct Sighting: Sendable {
        public let topic: String
        public let event: CloudEvent
        /// The payload, also where the signature could not be checked.
        public let payload: JSONValue
        /// nil: it verified; otherwise why not.
        public let doubt: String?

        /// The payload as an enforcement, where it is one.
        public var enforcement: Enforcement? { try? Enforcement(json: payload) }
    }

    private let connection: BusConnection
    public let sightings: AsyncStream<Sighting>

    public init(_ bus: BusOptions, keys: JWKSet?, logger: Logger) throws {
        let (stream, sink) = AsyncStream<Sighting>.makeStream()
        sightings = stream
        connection = try BusConnection(
            bus, logger: logger,
            onMessage: { message in
                if let sighting = Self.read(message.topic, message.payload, keys: keys, logger: logger) {
                    sink.yield(sighting)
                }
                return true
            })
    }

    public func start() { connection.start() }
    public func stop() { connection.stop() }
    public var isConnected: Bool { connection.isConnected }

    private static func read(
        _ topic: String, _ bytes: [UInt8], keys: JWKSet?, logger: Logger
    ) -> Sighting? {
        do {
            let event = try CloudEvent(decoding: bytes)
            switch event.data {
            case .unsigned(let payload):
                return Sighting(topic: topic, event: event, payload: payload, doubt: "not signed")
            case .signed(let token):
                let payload = JWS.unverifiedPayload(token) ?? []
                let json = (try? JSONValue(parsing: payload)) ?? .null
                guard let keys else {
                    return Sighting(topic: topic, event: event, payload: json, doubt: "no keys given")
                }
                do {
                    _ = try JWS.verify(token, keys: keys)
                    return Sighting(topic: topic, event: event, payload: json, doubt: nil)
                } catch {
                    return Sighting(topic: topic, event: event, payload: json, doubt: "\(error)")
                }
            }
        } catch {
            logger.warning("not an event", metadata: ["topic": "\(topic)", "reason": "\(error)"])
            return nil
        }
    }
}
