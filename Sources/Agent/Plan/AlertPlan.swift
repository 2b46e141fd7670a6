import JOSE
public import Logging
import PowerEvents
import Shedding
public import StrictJSON

/// What would be done for an alert, hint by hint. Touches nothing: no BMC, no broker, no journal.
public struct AlertPlan: Sendable {
    public struct UnusableAlert: Error, Sendable, CustomStringConvertible {
        public let description: String
    }

    /// One line per hint, in the order of enforcement.
    public let lines: [String]
    /// Why the alert would be refused, where it is a whole event and would be.
    public let objection: String?
    public let json: JSONValue

    /// - Parameter input: a payload, or a whole event whose data is signed or not
    /// - Throws: ``UnusableAlert``
    public init(_ input: [UInt8], configuration: AgentConfiguration, logger: Logger) throws {
        let value = try Self.parsed(input)
        let event = try Self.event(in: value)
        let payload = try event.map(Self.payload(of:)) ?? value
        objection = try event.flatMap { try Self.objection(to: value, $0, configuration, logger) }
        let alert: BreachAlert
        do { alert = try BreachAlert(json: payload) } catch {
            let all = BreachAlert.problems(in: payload)
            throw UnusableAlert(
                description: all.isEmpty ? "\(error)" : all.map(\.description).joined(separator: "\n"))
        }
        let book = Breaches(site: configuration.site, policy: configuration.policy)
        let rehearsal = Rehearsal(of: alert, by: book, now: Timestamp(milliseconds: 0))
        lines = rehearsal.lines
        json = rehearsal.json
    }

    /// The alert's payload, to be asked about elsewhere.
    ///
    /// - Throws: ``UnusableAlert``
    public static func payload(of input: [UInt8]) throws -> JSONValue {
        let value = try parsed(input)
        return try event(in: value).map(payload(of:)) ?? value
    }

    private static func parsed(_ input: [UInt8]) throws -> JSONValue {
        do { return try JSONValue(parsing: input) } catch { throw UnusableAlert(description: "\(error)") }
    }

    /// - Returns: nil where it is a payload without an envelope
    private static func event(in value: JSONValue) throws -> CloudEvent? {
        guard value["specversion"] != nil else { return nil }
        do { return try CloudEvent(json: value) } catch { throw UnusableAlert(description: "\(error)") }
    }

    private static func payload(of event: CloudEvent) throws -> JSONValue {
        switch event.data {
        case .unsigned(let object): return object
        case .signed(let token):
            let parts = token.split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count == 3, let bytes = Base64URL.decode(parts[1]), let json = try? JSONValue(parsing: bytes)
            else { throw UnusableAlert(description: "$.data is no JWS with a JSON payload") }
            return json
        }
    }

    /// Why the agent would refuse an event; nil where it would not.
    private static func objection(
        to value: JSONValue, _ event: CloudEvent, _ configuration: AgentConfiguration, _ logger: Logger
    ) throws -> String? {
        let topic = Topic(.breachAlert, publisher: event.source, prefix: configuration.bus.topicPrefix)
        let gate = AlertGate(
            trust: try TrustStore(configuration.trust, logger: logger), topicPrefix: configuration.bus.topicPrefix,
            maximumAge: configuration.policy.maxAge, logger: logger)
        do throws(Refusal) {
            _ = try gate.admit(topic: topic.description, payload: value.bytes, now: WallClock.now())
            return nil
        } catch {
            return "\(error.reason.rawValue): \(error.detail)"
        }
    }
}
