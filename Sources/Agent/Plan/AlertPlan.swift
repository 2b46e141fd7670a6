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
        let value: JSONValue
        do { value = try JSONValue(parsing: input) } catch { throw UnusableAlert(description: "\(error)") }
        let (payload, objection) = try Self.payload(value, configuration, logger)
        self.objection = objection
        let alert: BreachAlert
        do { alert = try BreachAlert(json: payload) } catch {
            let all = BreachAlert.problems(in: payload)
            throw UnusableAlert(
                description: all.isEmpty ? "\(error)" : all.map(\.description).joined(separator: "\n"))
        }
        if alert.status == .resolved {
            lines = ["resolved: what this breach holds would be released after \(configuration.policy.holdDown)"]
            json = ["status": "resolved", "hints": []]
            return
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
        do {
            let value = try JSONValue(parsing: input)
            guard value["specversion"] != nil else { return value }
            switch try CloudEvent(json: value).data {
            case .unsigned(let object): return object
            case .signed(let token): return try payload(ofToken: token)
            }
        } catch let error as UnusableAlert {
            throw error
        } catch {
            throw UnusableAlert(description: "\(error)")
        }
    }

    private static func payload(ofToken token: String) throws -> JSONValue {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let bytes = Base64URL.decode(parts[1]), let json = try? JSONValue(parsing: bytes)
        else { throw UnusableAlert(description: "$.data is no JWS with a JSON payload") }
        return json
    }

    private static func payload(
        _ value: JSONValue, _ configuration: AgentConfiguration, _ logger: Logger
    ) throws -> (JSONValue, objection: String?) {
        guard value["specversion"] != nil else { return (value, nil) }
        let event: CloudEvent
        do { event = try CloudEvent(json: value) } catch { throw UnusableAlert(description: "\(error)") }
        let topic = Topic(.breachAlert, publisher: event.source, prefix: configuration.bus.topicPrefix)
        let gate = AlertGate(
            trust: try TrustStore(configuration.trust, logger: logger), topicPrefix: configuration.bus.topicPrefix,
            maximumAge: configuration.policy.maxAge, logger: logger)
        var objection: String?
        do throws(Refusal) {
            _ = try gate.admit(topic: topic.description, payload: value.bytes, now: WallClock.now())
        } catch {
            objection = "\(error.reason.rawValue): \(error.detail)"
        }
        switch event.data {
        case .unsigned(let object): return (object, objection)
        case .signed(let token): return (try payload(ofToken: token), objection)
        }
    }
}
