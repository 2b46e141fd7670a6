/// A reason as journals keep it: its name, which never changes, and the data of its case.
///
/// Which members a name has is said by the reasons themselves; a member without data is left out.
public struct ReasonRecord: Sendable, Hashable {
    /// Such as `max_suspended`: also the label of metrics and the `reason` of answers to programs.
    public var name: String
    /// What a BMC, a disk or an earlier version said.
    public var text: String?
    public var resource: String?
    public var names: [String]?
    public var count: Int?
    public var limit: Int?
    /// Of what ``count`` is, in other shards of the site.
    public var elsewhere: Int?
    public var value: ControlValue?
    public var wanted: ControlValue?
    public var prior: ControlValue?
    public var parts: [ReasonRecord]?

    // The names of journals: never changed, only added to.
    public init(
        _ name: String, text: String? = nil, resource: String? = nil, names: [String]? = nil, count: Int? = nil,
        limit: Int? = nil, elsewhere: Int? = nil, value: ControlValue? = nil, wanted: ControlValue? = nil,
        prior: ControlValue? = nil, parts: [ReasonRecord]? = nil
    ) {
        self.name = name
        self.text = text
        self.resource = resource
        self.names = names
        self.count = count
        self.limit = limit
        self.elsewhere = elsewhere
        self.value = value
        self.wanted = wanted
        self.prior = prior
        self.parts = parts
    }
}

/// A closed list of reasons: compared by their cases, counted and kept by their names, and put into words at the edge.
public protocol RecordedReason: Sendable {
    /// - Returns: nil where the name is unknown or its data is missing
    init?(record: ReasonRecord)
    /// What is known of a reason only as text: of a journal of an earlier version.
    init(earlierVersion text: String)
    var record: ReasonRecord { get }
}
