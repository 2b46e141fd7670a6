public import PowerEvents

/// A resource that a power agent may ask to shed, and in which turn.
public struct Sheddable: Sendable, Hashable {
    public let id: String
    public let type: ResourceType
    public let action: ShedAction
    /// 1 is asked first.
    public let priority: Int
    /// The watts under which it is never asked to go; nil for ``usualLowest`` of what it draws.
    public let lowest: Double?
    /// What it is fed by, evenly.
    public let feeds: [String]

    /// Of its draw.
    static let usualLowest = 0.5

    public init(
        id: String, type: ResourceType, action: ShedAction = .powerCap, priority: Int, lowest: Double? = nil,
        feeds: [String]
    ) {
        self.id = id
        self.type = type
        self.action = action
        self.priority = priority
        self.lowest = lowest
        self.feeds = feeds
    }

    /// The watts that it comes to when it does what it is asked to do in full.
    ///
    /// - Parameter draw: what it draws without that
    func floor(of draw: Double) -> Double {
        switch action {
        case .powerCap: min(draw, lowest ?? draw * Self.usualLowest)
        // What a throttle comes to is the other side's affair; this is a guess for the sum, never a promise.
        case .throttle: draw * 0.7
        case .suspend: 0
        }
    }
}
