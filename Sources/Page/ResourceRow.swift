public import StrictJSON

/// One resource as the page and the interface for programs show it.
public struct ResourceRow: Sendable, Hashable {
    public var id: String
    /// `node`, `gpu` or `chassis`.
    public var type: String
    public var parent: String?
    /// As `host:port`.
    public var bmc: String?
    public var feeds: [String]
    public var state: ResourceState
    public var isFrozen: Bool
    /// What its controls were read back to hold for breaches.
    public var held: [String]
    /// Why it is in this state; nil where the state says it all.
    public var why: String?

    public init(
        id: String, type: String, parent: String? = nil, bmc: String? = nil, feeds: [String] = [],
        state: ResourceState = .unknown, isFrozen: Bool = false, held: [String] = [], why: String? = nil
    ) {
        self.id = id
        self.type = type
        self.parent = parent
        self.bmc = bmc
        self.feeds = feeds
        self.state = state
        self.isFrozen = isFrozen
        self.held = held
        self.why = why
    }

    /// Takes a state where it is worse than what is known.
    public mutating func worsen(_ state: ResourceState, _ why: String? = nil) {
        guard state.rank < self.state.rank else { return }
        self.state = state
        self.why = why
    }

    public var json: JSONValue {
        [
            "id": .string(id), "type": .string(type), "parent": parent.map(JSONValue.string) ?? .null,
            "bmc": bmc.map(JSONValue.string) ?? .null, "feeds": .array(feeds.map(JSONValue.string)),
            "state": .string(state.rawValue), "frozen": .bool(isFrozen), "held": .array(held.map(JSONValue.string)),
            "why": why.map(JSONValue.string) ?? .null,
        ]
    }

    /// What a screen reader says of it, and the page shows of a cell.
    var label: String {
        var text = "\(id): \(state.words)"
        if !held.isEmpty { text += " \(held.joined(separator: ", "))" }
        if isFrozen { text += ", frozen" }
        if let why { text += ": \(why.count > Self.maximumWords ? why.prefix(Self.maximumWords - 1) + "…" : why)" }
        return text
    }

    private static let maximumWords = 120

    /// Whether a search for this text means it. - Parameter needle: in lower case
    public func matches(_ needle: String) -> Bool {
        needle.isEmpty || id.lowercased().contains(needle) || bmc?.lowercased().contains(needle) == true
            || parent?.lowercased().contains(needle) == true || state.words.contains(needle)
            || feeds.contains { $0.lowercased().contains(needle) }
    }
}
