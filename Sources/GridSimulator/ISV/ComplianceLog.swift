public import PowerEvents

/// What an ISV sees of its targets: when each feed came to comply with them, and for how long.
public struct ComplianceLog: Sendable {
    /// One feed's way.
    public struct Feed: Sendable, Hashable {
        /// When it first complied.
        public internal(set) var since: Timestamp?
        /// How long it complied in all, up to the last snapshot.
        public internal(set) var compliantFor = Duration.zero
        /// How often it stopped complying.
        public internal(set) var interruptions = 0
        /// Whether its last snapshot says that it complies.
        public internal(set) var isCompliant = false
        /// Whether a snapshot shows the target at all.
        public internal(set) var isScheduled = false
        var changedAt: Timestamp?
    }

    /// The event that set the targets.
    public let correlationID: UUIDText
    public let sentAt: Timestamp
    /// Whether the targets were removed, so that a feed without any complies.
    public let isRemoval: Bool
    public private(set) var feeds: [String: Feed]
    /// Whether all feeds are meant, known from the first snapshot on.
    private var takesAll: Bool

    /// - Parameter feeds: empty for all that snapshots tell of
    public init(correlationID: UUIDText, feeds: [String], isRemoval: Bool = false, sentAt: Timestamp) {
        self.correlationID = correlationID
        self.sentAt = sentAt
        self.isRemoval = isRemoval
        takesAll = feeds.isEmpty
        self.feeds = Dictionary(feeds.map { ($0, Feed()) }, uniquingKeysWith: { first, _ in first })
    }

    /// - Returns: what changed, in words
    public mutating func take(_ status: PowerStateStatus, correlationID echoed: UUIDText?) -> [String] {
        guard status.snapshotTime >= sentAt else { return [] }
        // A snapshot from before the target was heard of says nothing about it.
        let isOurs =
            echoed == correlationID
            || status.feeds.contains { $0.state.targets.contains { $0.correlationID == correlationID } }
        if takesAll, isOurs {
            takesAll = false
            for feed in status.feeds { feeds[feed.tag] = Feed() }
        }
        var lines: [String] = []
        for (tag, state) in status.feeds {
            guard var feed = feeds[tag] else { continue }
            let own = state.targets.filter { $0.correlationID == correlationID }
            if !own.isEmpty || (isRemoval && isOurs) { feed.isScheduled = true }
            guard feed.isScheduled else { continue }
            let event = state.event ?? status.event
            let complies =
                isRemoval
                ? !state.targets.contains(where: \.active)
                : own.contains(where: \.active) && state.compliant
            if feed.isCompliant, let changedAt = feed.changedAt {
                feed.compliantFor += status.snapshotTime - changedAt
            }
            feed.changedAt = status.snapshotTime
            if complies != feed.isCompliant {
                if !complies { feed.interruptions += 1 }
                if complies, feed.since == nil { feed.since = status.snapshotTime }
                lines.append("\(tag): \(complies ? "compliant" : "no longer compliant")")
            }
            if let event, event != .periodic { lines.append("\(tag): \(event.rawValue)") }
            feed.isCompliant = complies
            feeds[tag] = feed
        }
        return lines
    }

    /// How long a feed took to comply.
    public func timeToCompliance(of tag: String) -> Duration? { feeds[tag]?.since.map { $0 - sentAt } }

    public func isMet(within limit: Duration) -> Bool {
        !takesAll && !feeds.isEmpty && feeds.keys.allSatisfy { timeToCompliance(of: $0).map { $0 <= limit } ?? false }
    }

    public var isMet: Bool { !takesAll && !feeds.isEmpty && feeds.values.allSatisfy { $0.since != nil } }
}
