public import PowerEvents

/// A rehearsal that an operator asks for: cap some resources, hold that for a while, put everything back.
public struct DrillOrder: Sendable, Hashable {
    /// What its holds and its history go by, as a breach's do by theirs.
    public var id: UUIDText
    /// Resources and groups of the inventory, by their ids.
    public var names: [String]
    /// The cap, of each control's maximum.
    public var share: Share
    /// How long the caps stand once they are read back, so that meters show what they come to.
    public var hold: Duration

    public init(id: UUIDText, names: [String], share: Share, hold: Duration) {
        self.id = id
        self.names = names
        self.share = share
        self.hold = hold
    }
}

/// Why a drill is not begun.
public enum DrillRefusal: Sendable, Hashable, CustomStringConvertible {
    case breachOpen(UUIDText)
    case drillUnderWay(UUIDText)
    case frozen
    case observing
    case awaitingResume
    /// Nothing of what was named may be capped.
    case nothingToCap(String)

    public var description: String {
        switch self {
        case .breachOpen(let id):
            "breach \(id) is not over: a drill would mix with what it holds; wait for its end (`ima status`)"
        case .drillUnderWay(let id): "drill \(id) is still under way (`ima status`)"
        case .frozen: "the agent is frozen, so that nothing could be written; `ima thaw` first"
        case .observing: "mode is observe, in which nothing is written"
        case .awaitingResume: "the journal is not resumed; `ima resume` first"
        case .nothingToCap(let why): "nothing of it can be capped: \(why)"
        }
    }
}
