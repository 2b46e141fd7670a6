import Shedding
import StrictJSON

/// Where a control was found. Kept in the journal, so that a restart finds it again without a search.
struct Locator: Sendable, Hashable {
    /// ``ControlDialect/name``, or `reset`.
    var dialect: String
    var uri: String
    /// The Control that `uri` shows an excerpt of (DSP2046, EnvironmentMetrics), where it names one: what the BMC holds
    /// is that Control. Written is `uri`.
    var source: String?
    /// Of a `PowerControl` array: see ``PowerControlMember``.
    var member: String?
    /// The ComputerSystem that tells the machine's identity and power state.
    var system: String?
    /// What made it the one, in words for people.
    var why: String?

    static let reset = "reset"

    init(
        dialect: String, uri: String, source: String? = nil, member: String? = nil, system: String? = nil,
        why: String? = nil
    ) {
        self.why = why
        self.dialect = dialect
        self.uri = uri
        self.source = source
        self.member = member
        self.system = system
    }

    init?(json: JSONValue?) {
        guard let dialect = json?["dialect"]?.string, let uri = json?["uri"]?.string else { return nil }
        self.init(
            dialect: dialect, uri: uri, source: json?["source"]?.string, member: json?["member"]?.string,
            system: json?["system"]?.string, why: json?["why"]?.string)
    }

    /// What the BMC holds once, whichever resource led here.
    var place: ControlPlace { ControlPlace(uri: uri, source: source, member: member, dialect: dialect) }

    var json: JSONValue {
        var object = JSONObject()
        object["dialect"] = .string(dialect)
        object["uri"] = .string(uri)
        object["source"] = source.map(JSONValue.string)
        object["member"] = member.map(JSONValue.string)
        object["system"] = system.map(JSONValue.string)
        object["why"] = why.map(JSONValue.string)
        return .object(object)
    }
}
