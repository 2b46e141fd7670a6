import JOSE
public import Logging
import PowerEvents
import Shedding
import Site
public import StrictJSON

/// What would be done for an alert, hint by hint. Touches nothing: no BMC, no broker, no journal.
public struct AlertPlan: Sendable {
    public struct UnusableAlert: Error, Sendable, CustomStringConvertible {
        public let description: String
    }

    /// One line per hint, in the order of enforcement.
    public let lines: [String]
    /// Why the agent would refuse the alert; nil where it would not. Of a payload without an event neither signature nor
    /// times are judged, and none of them where no source is trusted, as without a configuration.
    public let objection: String?
    public let json: JSONValue

    /// - Parameter input: a payload, or a whole event whose data is signed or not
    /// - Throws: ``UnusableAlert``
    public init(_ input: [UInt8], configuration: AgentConfiguration, logger: Logger) throws {
        let limits = configuration.limits.json
        let value = try Self.parsed(input, limits)
        let event = try Self.event(in: value)
        let payload = try event.map { try Self.payload(of: $0, limits) } ?? value
        let alert: BreachAlert
        do { alert = try BreachAlert(json: payload) } catch {
            let all = BreachAlert.problems(in: payload)
            throw UnusableAlert(
                description: all.isEmpty ? "\(error)" : all.map(\.description).joined(separator: "\n"))
        }
        let book = Breaches(site: configuration.site, policy: configuration.policy)
        let isJudged = event != nil && !configuration.trust.isEmpty
        let refusal = isJudged ? try event.flatMap { try Self.refusal(of: input, $0, configuration, logger) } : nil
        let objection = Self.objection(
            to: alert, event?.source.description ?? "", by: book, now: isJudged ? WallClock.now() : alert.detectedAt)
        self.objection = refusal ?? objection.map(Self.words)
        let rehearsal = Rehearsal(of: alert, by: book, now: Timestamp(milliseconds: 0))
        lines = rehearsal.lines
        json = rehearsal.json
    }

    /// The alert's payload, to be asked about elsewhere.
    ///
    /// - Throws: ``UnusableAlert``
    public static func payload(of input: [UInt8], limits: JSONLimits) throws -> JSONValue {
        let value = try parsed(input, limits)
        return try event(in: value).map { try payload(of: $0, limits) } ?? value
    }

    /// Who signed a whole event, or says so; nil for a payload alone.
    public static func source(of input: [UInt8], limits: JSONLimits) -> String? {
        (try? event(in: parsed(input, limits)))?.source.description
    }

    /// As far as the configuration's limits go, and where those are the narrower ones as far as any reader's: what is past
    /// them is then told as refused.
    private static func parsed(_ input: [UInt8], _ limits: JSONLimits) throws -> JSONValue {
        if let value = try? JSONValue(parsing: input, limits: limits) { return value }
        do { return try JSONValue(parsing: input) } catch { throw UnusableAlert(description: "\(error)") }
    }

    /// - Returns: nil where it is a payload without an envelope
    private static func event(in value: JSONValue) throws -> CloudEvent? {
        guard value["specversion"] != nil else { return nil }
        do { return try CloudEvent(json: value) } catch { throw UnusableAlert(description: "\(error)") }
    }

    private static func payload(of event: CloudEvent, _ limits: JSONLimits) throws -> JSONValue {
        switch event.data {
        case .unsigned(let object): return object
        case .signed(let token):
            let parts = token.split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count == 3, let bytes = Base64URL.decode(parts[1]),
                let json = try? parsed([UInt8](bytes), limits)
            else { throw UnusableAlert(description: "$.data is no JWS with a JSON payload") }
            return json
        }
    }

    /// Why the agent's gate would not let an event in; nil where it would.
    private static func refusal(
        of input: [UInt8], _ event: CloudEvent, _ configuration: AgentConfiguration, _ logger: Logger
    ) throws -> String? {
        let topic = Topic(.breachAlert, publisher: event.source, prefix: configuration.bus.topicPrefix)
        let gate = AlertGate(
            trust: try TrustStore(configuration.trust, logger: logger), topicPrefix: configuration.bus.topicPrefix,
            maximumAge: configuration.policy.maxAge, limits: configuration.limits, logger: logger)
        do throws(Refusal) {
            _ = try gate.admit(topic: topic.description, payload: input, now: WallClock.now())
            return nil
        } catch {
            return "\(error.reason.rawValue): \(error.detail)"
        }
    }

    /// Why the core would refuse an alert that the gate let in; of hints for other agents it knows nothing where those answer
    /// them.
    static func objection(
        to alert: BreachAlert, _ source: String, by book: Breaches, now: Timestamp
    ) -> RefusalReason? {
        var alert = alert
        if !book.policy.answersForeign { alert.shedHints.removeAll { !book.site.owns($0.resourceID) } }
        return book.objection(to: alert, source: source, now: now)
    }

    static func words(_ reason: RefusalReason) -> String { "\(reason.rawValue): \(reason)" }
}
