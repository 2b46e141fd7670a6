public import PowerEvents
public import StrictJSON

/// What happened on the bus and on the feeds while the loop was closed. A value: who records hands in messages and powers.
public struct LoopRecord: Sendable {
    /// The real power of one feed at one moment.
    public struct Sample: Sendable, Hashable {
        /// Seconds since the beginning.
        public let t: Double
        public let feed: String
        public let watts: Double
        /// The target in force, in watts.
        public let target: Double?
        /// What it would draw if nothing limited it; nil where nobody can tell.
        public let demand: Double?
    }

    /// Something worth a mark in the picture.
    public struct Mark: Sendable, Hashable {
        public enum Kind: String, Sendable, Hashable, CaseIterable {
            case target, ramp, breach, enforcement, incident
        }

        public let t: Double
        public let kind: Kind
        public let label: String
        /// nil: of all feeds.
        public let feed: String?
    }

    public let start: Timestamp
    public let feeds: [String]
    public private(set) var samples: [Sample] = []
    public private(set) var marks: [Mark] = []
    /// How many controls are confirmed to hold a cap, by the time it was said.
    public private(set) var caps: [(t: Double, feed: String, count: Int)] = []
    public private(set) var alerts: [(at: Timestamp, alert: BreachAlert)] = []
    public private(set) var enforcements: [(at: Timestamp, enforcement: Enforcement)] = []
    public private(set) var states: [(at: Timestamp, status: PowerStateStatus)] = []
    /// When a load target first named each feed.
    public private(set) var firstTargets: [String: Timestamp] = [:]
    private var schedules: [String: LoadSchedule]

    public init(start: Timestamp, feeds: [String]) {
        self.start = start
        self.feeds = feeds
        schedules = Dictionary(feeds.map { ($0, LoadSchedule()) }, uniquingKeysWith: { first, _ in first })
    }

    public func seconds(_ time: Timestamp) -> Double { (time - start).seconds }

    /// The target in force, in watts.
    public func target(of feed: String, at time: Timestamp) -> Double? { schedules[feed]?.active(at: time)?.watts }

    public mutating func sample(_ powers: [String: Double], demand: [String: Double] = [:], at time: Timestamp) {
        for feed in feeds {
            guard let watts = powers[feed] else { continue }
            let sample = Sample(
                t: Self.rounded(seconds(time), 1000), feed: feed, watts: Self.rounded(watts, 10),
                target: target(of: feed, at: time).map { Self.rounded($0, 10) },
                demand: demand[feed].map { Self.rounded($0, 10) })
            samples.append(sample)
        }
    }

    /// Something that was done beside the bus.
    public mutating func incident(_ label: String, at time: Timestamp) {
        marks.append(Mark(t: seconds(time), kind: .incident, label: label, feed: nil))
    }

    public mutating func take(_ type: EventType, _ payload: JSONValue, correlationID: UUIDText?, at time: Timestamp) {
        let t = seconds(time)
        switch type {
        case .loadTargetSet:
            guard let set = try? LoadTargetSet(json: payload) else { return }
            take(set, correlationID, at: time)
        case .powerStateStatus:
            guard let status = try? PowerStateStatus(json: payload) else { return }
            states.append((time, status))
            for (tag, state) in status.feeds {
                guard let event = state.event ?? status.event, ![.periodic, .targetSet].contains(event),
                    state.event != nil || isChanged(tag, state)
                else { continue }
                marks.append(
                    Mark(t: t, kind: .ramp, label: event.rawValue.replacing("_", with: " "), feed: tag))
            }
        case .breachAlert:
            guard let alert = try? BreachAlert(json: payload) else { return }
            let last = alerts.last { $0.alert.breachID == alert.breachID }?.alert
            alerts.append((time, alert))
            let isSame = last?.status == alert.status && last?.shedHints == alert.shedHints
            guard !isSame else { return }
            let what = alert.status == .active && last != nil ? "more asked" : alert.status.rawValue
            let hints = alert.shedHints.isEmpty ? "" : ", \(alert.shedHints.count) hints"
            marks.append(Mark(t: t, kind: .breach, label: "breach \(what)\(hints)", feed: alert.feedTag))
        case .enforcement:
            guard let enforcement = try? Enforcement(json: payload) else { return }
            take(enforcement, at: time)
        }
    }

    private mutating func take(_ set: LoadTargetSet, _ correlationID: UUIDText?, at time: Timestamp) {
        guard let id = correlationID ?? UUIDText("00000000-0000-4000-8000-000000000000") else { return }
        for target in set.targets {
            for feed in target.feedTags.isEmpty ? feeds : target.feedTags where schedules[feed] != nil {
                // From the moment when it is heard of, not from before.
                let from = max(target.interval.start ?? time, time)
                if let constraint = target.loadConstraint {
                    _ = schedules[feed]?.set(
                        LoadTarget(constraint: constraint, start: from, end: target.interval.end, correlationID: id))
                    if firstTargets[feed] == nil { firstTargets[feed] = time }
                } else {
                    schedules[feed]?.clear(from: from, to: target.interval.end)
                }
                let label =
                    target.loadConstraint.map { "target \($0.valueText) \($0.unit.rawValue)" } ?? "target removed"
                marks.append(Mark(t: seconds(time), kind: .target, label: label, feed: feed))
            }
        }
    }

    private mutating func take(_ enforcement: Enforcement, at time: Timestamp) {
        let own = enforcements.filter { $0.enforcement.breachID == enforcement.breachID }.map(\.enforcement)
        let last = own.last
        enforcements.append((time, enforcement))
        let applied = Self.applied(enforcement)
        let feed = enforcement.feedTag
        let most = own.filter { $0.action == .applied }.map(Self.applied).max() ?? 0
        let held = enforcement.action == .applied ? applied : max(0, most - applied)
        if caps.last(where: { $0.feed == feed })?.count != held || caps.isEmpty {
            caps.append((seconds(time), feed, held))
        }
        guard last?.action != enforcement.action || last?.results.count != enforcement.results.count else { return }
        let what = enforcement.action == .applied ? "caps confirmed" : "put back"
        marks.append(
            Mark(
                t: seconds(time), kind: .enforcement, label: "\(applied) \(what) (\(enforcement.code.rawValue))",
                feed: feed))
    }

    private static func applied(_ enforcement: Enforcement) -> Int {
        enforcement.results.count { $0.code == .applied }
    }

    /// Whether a snapshot that names its trigger once for all feeds tells of a change of this one.
    private func isChanged(_ tag: String, _ state: FeedState) -> Bool {
        guard states.count > 1, let before = states.dropLast().last?.status.feeds.first(where: { $0.tag == tag })?.state
        else { return true }
        return before.inFlight != state.inFlight
    }

    private static func rounded(_ value: Double, _ parts: Double) -> Double { (value * parts).rounded() / parts }

    // MARK: What it comes to

    /// Breaches that were opened.
    public var breaches: [UUIDText] {
        var ids: [UUIDText] = []
        for (_, alert) in alerts where !ids.contains(alert.breachID) { ids.append(alert.breachID) }
        return ids
    }

    /// From the first target of a feed to the first snapshot that calls it compliant; the slowest of all that had one.
    public var timeToCompliance: Double? {
        var worst: Double?
        for (feed, at) in firstTargets {
            let met = states.first { entry in
                guard entry.at >= at, let state = entry.status.feeds.first(where: { $0.tag == feed })?.state else {
                    return false
                }
                return state.compliant && state.targets.contains(where: \.active)
            }
            guard let met else { return nil }
            worst = max(worst ?? 0, (met.at - at).seconds)
        }
        return worst.map { Self.rounded($0, 100) }
    }

    /// From the first alert of a breach to the feed's real power under its target; nil where it never came there.
    public func timeToShed(_ breach: UUIDText) -> Double? {
        guard let first = alerts.first(where: { $0.alert.breachID == breach }) else { return nil }
        let limit = Double(first.alert.loadConstraint.watts.microwatts) / 1_000_000
        let t = seconds(first.at)
        return samples.first { $0.feed == first.alert.feedTag && $0.t >= t && $0.watts <= limit }.map {
            Self.rounded($0.t - t, 100)
        }
    }

    /// The longest time without a sample of a feed, in seconds.
    public var longestGap: Double {
        feeds.map { feed in
            let times = samples.filter { $0.feed == feed }.map(\.t)
            return zip(times, times.dropFirst()).map { $1 - $0 }.max() ?? 0
        }.max() ?? 0
    }
}
