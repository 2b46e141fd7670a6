public import JOSE
import OpenSSL
public import PowerEvents
public import StrictJSON

/// Believes only events of trusted sources, signed, fresh, on their own topic, and each once.
///
/// A signature covers the payload and not the envelope: a captured payload can be put into a fresh one. So payloads are
/// remembered too, by their digest.
public struct EventGate: Sendable {
    /// An event whose payload somebody who is trusted has signed.
    public struct Accepted: Sendable {
        public let event: CloudEvent
        public let payload: JSONValue
    }

    private let trusted: [EventSource: JWKSet]
    private let topicPrefix: String
    private let maximumAge: Duration
    private var seen: RecentNames

    /// - Parameters:
    ///   - trusted: whose events are believed, and with which keys they sign
    ///   - maximumAge: of an event's `time`
    ///   - remembered: what an earlier run of the same participant remembered
    public init(
        trusted: [EventSource: JWKSet], topicPrefix: String = "", maximumAge: Duration = .seconds(300),
        remembered: [String] = []
    ) {
        self.trusted = trusted
        self.topicPrefix = topicPrefix
        self.maximumAge = maximumAge
        seen = RecentNames(remembered)
    }

    /// What a later run has to know, oldest first.
    public var remembered: [String] { seen.names }

    /// - Parameters:
    ///   - now: for the age of the event, and the validity of keys
    ///   - repeatable: kinds that carry current state, of which a repetition does no harm
    public mutating func open(
        topic: String, payload bytes: [UInt8], at now: Timestamp, repeatable: Set<EventType> = []
    ) throws(EventRefusal) -> Accepted {
        guard let place = Topic(topic, prefix: topicPrefix) else { throw .malformed("the topic \(topic)") }
        let event: CloudEvent
        do { event = try CloudEvent(decoding: bytes, limits: JSONLimits()) } catch { throw .malformed("\(error)") }
        guard event.source == place.publisher else { throw .misplaced("\(event.source) on \(topic)") }
        guard event.type == place.type else { throw .misplaced("\(event.type.rawValue) on \(topic)") }
        guard let keys = trusted[event.source] else { throw .unknownSource(event.source) }
        guard case .signed(let token) = event.data else { throw .unsigned }
        let verified: JWS.Verified
        do { verified = try JWS.verify(token, keys: keys, now: now.milliseconds / 1000) } catch {
            throw .signature("\(error)")
        }
        let age = now - event.time
        guard age <= maximumAge, age >= .zero - ClockSkew.tolerated else { throw .time(event.time) }
        let json: JSONValue
        do { json = try JSONValue(parsing: verified.payload) } catch { throw .payload("\(error)") }
        if !repeatable.contains(event.type) {
            let digest = SHA256.hex(verified.payload)
            let names = ["\(event.source)#\(event.id)", "\(event.source)#\(digest)"]
            guard !names.contains(where: seen.contains) else { throw .repeated }
            for name in names { seen.add(name) }
        }
        return Accepted(event: event, payload: json)
    }
}
