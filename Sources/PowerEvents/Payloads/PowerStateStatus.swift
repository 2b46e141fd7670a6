public import StrictJSON

/// The payload of `grid.powerstate.status.v1`: a snapshot of every feed.
///
/// Two layouts are deployed under one version number: `event` once at the top, or once in each feed.
public struct PowerStateStatus: Sendable, Hashable {
    public enum Event: String, Sendable, Hashable, CaseIterable {
        case targetSet = "target_set"
        case startRampDown = "start_ramp_down"
        case endRampDown = "end_ramp_down"
        case startRampUp = "start_ramp_up"
        case endRampUp = "end_ramp_up"
        case periodic
    }

    public var snapshotTime: Timestamp
    /// The older layout's place for the trigger; nil in the newer one, where each feed has its own.
    public var event: Event?
    /// By feed tag, in the sender's order.
    public var feeds: [(tag: String, state: FeedState)]

    public init(snapshotTime: Timestamp, event: Event? = nil, feeds: [(tag: String, state: FeedState)]) {
        self.snapshotTime = snapshotTime
        self.event = event
        self.feeds = feeds
    }

    public static func == (left: PowerStateStatus, right: PowerStateStatus) -> Bool { left.json == right.json }

    public func hash(into hasher: inout Hasher) { hasher.combine(snapshotTime) }
}

extension PowerStateStatus {
    /// - Throws: ``EventDecodingError``, also where the payload is of another kind.
    public init(json: JSONValue) throws {
        try PayloadKind.require(.powerStateStatus, of: json)
        let payload = Field(json)
        let event = try payload.optional("event")?.choice(Event.self)
        self.init(
            snapshotTime: try payload.required("snapshot_time").timestamp(), event: event,
            feeds: try payload.required("feeds").members().map { key, field in
                let state = try FeedState(field)
                // One of the two layouts must name the trigger.
                if event == nil, state.event == nil { _ = try field.required("event") }
                return (key, state)
            })
    }

    public var json: JSONValue {
        var map = JSONObject()
        for feed in feeds { map[feed.tag] = feed.state.json }
        var object = JSONObject()
        object["snapshot_time"] = .string(snapshotTime.description)
        object["event"] = event.map { .string($0.rawValue) }
        object["feeds"] = .object(map)
        return .object(object)
    }
}
