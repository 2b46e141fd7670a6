public import PowerEvents
import StrictJSON

/// A message as it came over the bus: `{"time", "topic", "payload"}`, and where it is known `qos` and `retained`.
public struct CapturedMessage: Sendable, Hashable {
    /// When it came.
    public var time: Timestamp
    public var topic: String
    /// The text on the wire.
    public var payload: String
    /// With which it was delivered; nil where that is not known.
    public var qos: Int?
    public var retained: Bool

    public init(time: Timestamp, topic: String, payload: String, qos: Int? = nil, retained: Bool = false) {
        self.time = time
        self.topic = topic
        self.payload = payload
        self.qos = qos
        self.retained = retained
    }

    public struct Unreadable: Error, CustomStringConvertible {
        public let description: String
    }

    /// Reads one line of a capture.
    public init(line: some StringProtocol) throws(Unreadable) {
        let json: JSONValue
        do { json = try JSONValue(parsing: Array(line.utf8), limits: .widest) } catch {
            throw Unreadable(description: "is no JSON: \(error)")
        }
        guard let time = json["time"]?.string.flatMap({ Timestamp($0) }) else {
            throw Unreadable(description: "time: should be an RFC 3339 date-time (got \(json["time"]?.text ?? "none"))")
        }
        guard let topic = json["topic"]?.string, let payload = json["payload"]?.string else {
            throw Unreadable(description: "should have a topic and a payload, both strings")
        }
        self.init(
            time: time, topic: topic, payload: payload, qos: json["qos"]?.number?.int,
            retained: json["retained"]?.bool ?? false)
    }

    /// One line of a capture: `time`, `topic` and `payload`.
    public var line: String {
        JSONValue.object(
            {
                var object = JSONObject()
                object["time"] = .string(time.description)
                object["topic"] = .string(topic)
                object["payload"] = .string(payload)
                return object
            }()
        ).text
    }
}
