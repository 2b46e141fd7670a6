public import PowerEvents
public import StrictJSON

/// What a power agent decides: targets in; snapshots, breaches and hints out. Pure: time, ids and readings are handed in.
public struct PowerAgentCore: Sendable {
    public enum Input: Sendable {
        /// A verified load target.
        case targets(LoadTargetSet, correlationID: UUIDText?, trace: TraceContext?)
        case reading(MeterReading)
        /// A verified enforcement event.
        case enforcement(Enforcement)
        /// Nothing came, and time passes.
        case tick
    }

    public enum Output: Sendable, Hashable {
        /// To be signed and published, in this order.
        case publish(EventType, JSONValue, trace: TraceContext?, correlationID: UUIDText?)
        /// The share of their work that the machines of a feed are let do from now on.
        case admit(feed: String, share: Double)
        /// For people.
        case note(String)
    }

    public let policy: PowerAgentPolicy
    let topology: ShedTopology
    /// By tag.
    public internal(set) var feeds: [String: FeedControl]
    let order: [String]
    var heartbeatAt: Timestamp?
    var isMeterSilent = false
    var reading: MeterReading?
    var outputs: [Output] = []
    private let newID: @Sendable () -> UUIDText

    /// - Parameters:
    ///   - feeds: in the order in which snapshots list them
    ///   - newID: of a breach
    public init(
        policy: PowerAgentPolicy, feeds: [FeedControl], topology: ShedTopology,
        newID: @escaping @Sendable () -> UUIDText
    ) {
        self.policy = policy
        self.topology = topology
        order = feeds.map(\.profile.tag)
        self.feeds = Dictionary(feeds.map { ($0.profile.tag, $0) }, uniquingKeysWith: { first, _ in first })
        self.newID = newID
    }

    public mutating func step(_ input: Input, at now: Timestamp) -> [Output] {
        outputs = []
        switch input {
        case .targets(let set, let correlationID, let trace): take(set, correlationID, trace, at: now)
        case .reading(let reading): take(reading, at: now)
        case .enforcement(let enforcement): take(enforcement, at: now)
        case .tick: break
        }
        for tag in order {
            followSchedule(tag, at: now)
            tellCompliance(tag, at: now)
            repeatBreach(tag, at: now)
        }
        noticeSilence(at: now)
        beat(at: now)
        return outputs
    }

    func freshID() -> UUIDText { newID() }

    // MARK: Targets

    private mutating func take(
        _ set: LoadTargetSet, _ correlationID: UUIDText?, _ trace: TraceContext?, at now: Timestamp
    ) {
        let id = correlationID ?? freshID()
        var changed: [String] = []
        for (index, target) in set.targets.enumerated() {
            let start = target.interval.start ?? now
            if let end = target.interval.end, end <= start || end <= now {
                note("targets[\(index)]: its end_time \(end) is over or before its start; not scheduled")
                continue
            }
            if let constraint = target.loadConstraint, constraint.watts <= .zero {
                note("targets[\(index)]: a load constraint must be above 0; not scheduled")
                continue
            }
            for tag in target.feedTags where feeds[tag] == nil {
                note("targets[\(index)]: there is no feed \"\(tag)\" here")
            }
            for tag in target.feedTags.isEmpty ? order : target.feedTags.filter({ feeds[$0] != nil }) {
                if let constraint = target.loadConstraint {
                    let entry = LoadTarget(
                        constraint: constraint, start: start, end: target.interval.end, bestEffort: target.bestEffort,
                        correlationID: id, trace: trace)
                    guard feeds[tag]?.schedule.set(entry) == true else {
                        note("targets[\(index)]: too many targets are scheduled for \(tag); not scheduled")
                        continue
                    }
                } else {
                    feeds[tag]?.schedule.clear(from: start, to: target.interval.end)
                }
                feeds[tag]?.cause = .init(correlationID: id, trace: trace)
                if !changed.contains(tag) { changed.append(tag) }
            }
        }
        guard !changed.isEmpty else { return }
        for tag in changed { feeds[tag]?.schedule.forget(before: now) }
        snapshot(.targetSet, of: changed, at: now, cause: .init(correlationID: id, trace: trace))
    }

    // MARK: Snapshots

    /// - Parameter changed: the feeds that the event is about; the others are as they were
    mutating func snapshot(
        _ event: PowerStateStatus.Event, of changed: [String], at now: Timestamp, cause: FeedControl.Cause?
    ) {
        let isTop = policy.layout == .top
        let status = PowerStateStatus(
            snapshotTime: now, event: isTop ? event : nil,
            feeds: order.compactMap { tag in
                feeds[tag].map {
                    let own = changed.contains(tag) ? event : .periodic
                    return (tag, $0.state(at: now, staleAfter: policy.staleAfter, event: isTop ? nil : own))
                }
            })
        publish(.powerStateStatus, status.json, cause)
        heartbeatAt = now + policy.heartbeat
        for tag in order {
            let isCompliant = isCompliant(tag, at: now)
            feeds[tag]?.wasCompliant = isCompliant
        }
    }

    func isCompliant(_ tag: String, at now: Timestamp) -> Bool {
        feeds[tag]?.isCompliant(at: now, staleAfter: policy.staleAfter) ?? true
    }

    private mutating func beat(at now: Timestamp) {
        if let due = heartbeatAt, now < due { return }
        heartbeatAt = now + policy.heartbeat
        // One trace where all that is in force goes back to one target.
        let causes = Set(
            order.compactMap { feeds[$0]?.applied }.map {
                FeedControl.Cause(correlationID: $0.correlationID, trace: $0.trace)
            })
        snapshot(.periodic, of: order, at: now, cause: causes.count == 1 ? causes.first : nil)
    }

    /// Compliance is told when it changes, not with the next heartbeat.
    private mutating func tellCompliance(_ tag: String, at now: Timestamp) {
        guard let feed = feeds[tag], feed.wasCompliant != isCompliant(tag, at: now), let applied = feed.applied else {
            return
        }
        snapshot(
            .periodic, of: [tag], at: now,
            cause: .init(correlationID: applied.correlationID, trace: applied.trace))
    }

    private mutating func noticeSilence(at now: Timestamp) {
        let stale = order.filter { feeds[$0]?.watts(at: now, staleAfter: policy.staleAfter) == nil }
        guard isMeterSilent == stale.isEmpty else { return }
        isMeterSilent = !stale.isEmpty
        note(
            isMeterSilent
                ? "no current reading of \(stale.joined(separator: ", ")): no breach is begun, and none is over, until there is"
                : "the meters tell current readings again")
    }

    // MARK: Outputs

    mutating func publish(_ type: EventType, _ payload: JSONValue, _ cause: FeedControl.Cause?) {
        outputs.append(.publish(type, payload, trace: cause?.trace, correlationID: cause?.correlationID))
    }

    mutating func note(_ text: String) { outputs.append(.note(text)) }
}
