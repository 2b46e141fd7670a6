import PowerEvents
import StrictJSON

/// Load targets, and the snapshots that answer them.
extension ConformanceJudge {
    mutating func judgeTarget(_ event: JudgedEvent, _ scope: Scope) {
        var feeds: Set<String> = []
        for (index, target) in (event.payload["targets"]?.array ?? []).enumerated() {
            if let value = target["load_constraint", "value"]?.number?.double, value <= 0 {
                note(.positive, "$.targets[\(index)].load_constraint.value is \(value)", scope)
            }
            if let start = target["interval", "start_time"]?.string.flatMap({ Timestamp($0) }),
                let end = target["interval", "end_time"]?.string.flatMap({ Timestamp($0) }), end <= start
            {
                note(.interval, "$.targets[\(index)].interval ends at \(end) and starts at \(start)", scope)
            }
            feeds.formUnion((target["feed_tags"]?.array ?? []).compactMap(\.string))
        }
        guard let id = event.correlationID else {
            return note(.correlation, "there is no correlationid", scope)
        }
        guard log.targets[id] == nil else {
            return note(.correlation, "the correlationid \(id) was that of another load target", scope)
        }
        guard log.targets.count < ConversationLog.bound else { return }
        log.targets[id] = .init(traceID: event.trace?.traceID, at: event.time, feeds: feeds, event: event)
    }

    mutating func judgeStatus(_ event: JudgedEvent, _ scope: Scope) {
        let top = event.payload["event"]?.string.flatMap(PowerStateStatus.Event.init)
        let snapshot = event.payload["snapshot_time"]?.string.flatMap { Timestamp($0) } ?? event.time
        var isTargetSet = top == .targetSet
        for member in event.payload["feeds"]?.object ?? JSONObject() {
            let own = member.value["event"]?.string.flatMap(PowerStateStatus.Event.init)
            if top == nil, own == nil {
                note(.trigger, "there is no event, neither at the top nor in $.feeds.\(member.key)", scope)
            }
            if own == .targetSet { isTargetSet = true }
            judgeFeed(member.key, member.value, top ?? own, isShared: top != nil, at: snapshot, event, scope)
        }
        if event.payload["feeds"]?.object?.isEmpty == true, top == nil {
            note(.trigger, "there is no event", scope)
        }
        guard let id = event.correlationID else { return }
        guard let target = log.targets[id] else {
            if log.hasTargets { note(.echoed, "correlationid \(id) is that of no load target", scope) }
            return
        }
        if isTargetSet { log.targets[id]?.isAcknowledged = true }
        follow(event, [target.traceID].compactMap { $0 }, "the load target \(id)", scope)
    }

    private mutating func judgeFeed(
        _ tag: String, _ state: JSONValue, _ trigger: PowerStateStatus.Event?, isShared: Bool, at snapshot: Timestamp,
        _ event: JudgedEvent, _ scope: Scope
    ) {
        let targets = state["targets"]?.array ?? []
        let active = targets.filter { $0["active"]?.bool == true }
        if active.count > 1 { note(.oneActive, "\(active.count) targets of \(tag) are active at once", scope) }
        for target in active {
            let start = target["interval", "start_time"]?.string.flatMap { Timestamp($0) }
            let end = target["interval", "end_time"]?.string.flatMap { Timestamp($0) }
            if start.map({ snapshot < $0 }) ?? false || end.map({ $0 < snapshot }) ?? false {
                note(.oneActive, "a target of \(tag) is active outside its interval", scope)
            }
        }
        for target in targets {
            guard let text = target["correlation_id"]?.string, let id = UUIDText(text) else { continue }
            if log.hasTargets, log.targets[id] == nil, event.time > (log.targets.values.map(\.at).min() ?? event.time) {
                note(.echoed, "\(tag) has a target with the correlation_id \(id), which nobody set", scope)
            }
            if trigger == .targetSet { log.targets[id]?.isAcknowledged = true }
        }
        if state["compliant"]?.bool == true, let load = Self.watts(state["calculated_load"]),
            let limit = active.compactMap({ Self.watts($0["load_constraint"]) }).min(), load > limit
        {
            note(.compliant, "\(tag) is called compliant at \(load) W, and its target is \(limit) W", scope)
        }
        guard let trigger, !isShared || event.payload["feeds"]?.object?.count == 1 else { return }
        let key = "\(event.source)#\(tag)"
        let inFlight = state["in_flight"]?.bool ?? false
        switch trigger {
        case .startRampDown, .startRampUp:
            log.ramps[key] = trigger
            if !inFlight { note(.ramps, "\(tag): \(trigger.rawValue), and in_flight is false", scope) }
        case .endRampDown, .endRampUp:
            let start: PowerStateStatus.Event = trigger == .endRampDown ? .startRampDown : .startRampUp
            // A watch may begin in the middle of a ramp.
            if let known = log.ramps[key], known != start {
                note(.ramps, "\(tag): \(trigger.rawValue) after \(known.rawValue)", scope)
            }
            if inFlight { note(.ramps, "\(tag): \(trigger.rawValue), and in_flight is true", scope) }
            log.ramps[key] = trigger
        case .targetSet, .periodic: break
        }
    }

    static func watts(_ power: JSONValue?) -> Double? {
        guard let value = power?["value"]?.number, let unit = power?["unit"]?.string.flatMap(PowerUnit.init),
            let quantity = PowerQuantity(decimal: value.text, unit: unit)
        else { return nil }
        return Double(quantity.watts.microwatts) / 1_000_000
    }

    /// - Parameter traceIDs: those that it may go on with; empty where none is known
    mutating func follow(_ event: JudgedEvent, _ traceIDs: [String], _ what: String, _ scope: Scope) {
        guard !traceIDs.isEmpty, let trace = event.trace else { return }
        if !traceIDs.contains(trace.traceID) {
            note(
                .traced,
                "its trace is \(trace.traceID); that of \(what) is \(traceIDs.sorted().joined(separator: " or "))",
                scope)
        }
    }
}
