import PowerEvents
import StrictJSON

/// Alerts, and what was done about them.
extension ConformanceJudge {
    mutating func judgeAlert(_ event: JudgedEvent, _ scope: Scope) {
        let payload = event.payload
        let status = payload["status"]?.string.flatMap(BreachAlert.Status.init)
        if let status { content(payload, status, scope) }
        if let text = payload["target", "correlation_id"]?.string, let id = UUIDText(text) {
            if let target = log.targets[id] {
                follow(event, [target.traceID].compactMap { $0 }, "the load target \(id)", scope)
            } else if log.hasTargets {
                note(.breachTarget, "target.correlation_id \(id) is that of no load target", scope)
            }
        }
        guard let status, let id = payload["breach", "breach_id"]?.string.flatMap(UUIDText.init) else { return }
        lifeCycle(event, id, status, scope)
    }

    private mutating func lifeCycle(_ event: JudgedEvent, _ id: UUIDText, _ status: BreachAlert.Status, _ scope: Scope)
    {
        let (feed, detected) = (event.payload["feed_tag"]?.string, event.payload["breach", "detected_at"]?.string)
        guard var breach = log.breaches[id] else {
            if status != .active { note(.opens, "breach \(id) begins with \(status.rawValue)", scope) }
            let load = Self.watts(event.payload["measured_load"])
            if status == .active, let load, let limit = Self.watts(event.payload["target", "load_constraint"]),
                load <= limit
            {
                note(.exceeds, "breach \(id) begins at \(load) W, and its target is \(limit) W", scope)
            }
            guard log.breaches.count < ConversationLog.bound else { return }
            var breach = ConversationLog.Breach(
                source: event.source, feed: feed, detectedAt: detected, status: status, last: event)
            breach.add(event)
            log.breaches[id] = breach
            return
        }
        if breach.status == .resolved {
            note(.final, "\(status.rawValue) follows resolved of breach \(id)", scope)
        } else if breach.status == .escalated, status == .active {
            note(.opens, "active follows escalated of breach \(id)", scope)
        }
        if breach.source != event.source { note(.stable, "breach \(id) was opened by \(breach.source)", scope) }
        if breach.feed != feed {
            note(.stable, "breach \(id) is of \(breach.feed ?? "?"), now of \(feed ?? "?")", scope)
        }
        if breach.detectedAt != detected {
            note(
                .stable, "detected_at of breach \(id) was \(breach.detectedAt ?? "?"), and is \(detected ?? "?")", scope
            )
        }
        if breach.status != .resolved { breach.status = status }
        breach.add(event)
        log.breaches[id] = breach
    }

    /// What an alert says by itself.
    private mutating func content(_ payload: JSONValue, _ status: BreachAlert.Status, _ scope: Scope) {
        let isOver = status == .resolved
        let resolved = payload["breach", "resolved_at"]?.string
        if isOver != (resolved != nil) {
            note(.resolvedAt, "status is \(status.rawValue), and resolved_at is \(resolved ?? "absent")", scope)
        }
        if let from = payload["breach", "detected_at"]?.string.flatMap({ Timestamp($0) }),
            let to = resolved.flatMap({ Timestamp($0) }), to < from
        {
            note(.resolvedAt, "resolved_at \(to) is before detected_at \(from)", scope)
        }
        let hints = payload["shed_hints"]
        if isOver == (hints != nil) {
            note(
                .hints, "status is \(status.rawValue), and shed_hints are \(hints == nil ? "absent" : "present")", scope
            )
        }
        var highest = 0
        for (index, hint) in (hints?.array ?? []).enumerated() {
            let isCap = hint["action"] == "power_cap"
            if isCap != (hint["target_power"] != nil) {
                note(
                    .hintPower,
                    "$.shed_hints[\(index)]: the action is \(hint["action"]?.text ?? "?"), and target_power is "
                        + (isCap ? "absent" : "present"), scope)
            }
            guard let priority = hint["priority"]?.number?.int else { continue }
            if priority < highest {
                note(.hintOrder, "$.shed_hints[\(index)] has priority \(priority) after \(highest)", scope)
            }
            highest = max(highest, priority)
        }
        let ranks = (payload["infrastructure_actions"]?.array ?? []).compactMap { action in
            BreachAlert.InfrastructureAction.allCases.firstIndex { $0.rawValue == action.string }
        }
        if isOver, !ranks.isEmpty { note(.actions, "infrastructure_actions are not empty when resolved", scope) }
        if ranks != ranks.sorted() {
            note(.actions, "infrastructure_actions are not in the order of disruption", scope)
        }
        guard !isOver, let load = Self.watts(payload["measured_load"]),
            let limit = Self.watts(payload["target", "load_constraint"]), load > limit
        else { return }
        let expected: BreachAlert.Severity = load > limit * 1.2 ? .critical : .warning
        if let severity = payload["severity"]?.string.flatMap(BreachAlert.Severity.init), severity != expected {
            note(
                .severity,
                "severity is \(severity.rawValue), and the load of \(load) W is \(Self.percent(load / limit - 1)) over "
                    + "\(limit) W", scope)
        }
    }

    private static func percent(_ part: Double) -> String { "\((part * 1000).rounded() / 10) %" }

    // MARK: Enforcement

    mutating func judgeEnforcement(_ event: JudgedEvent, _ scope: Scope) {
        let payload = event.payload
        let results = payload["results"]?.array ?? []
        let action = payload["action"]?.string.flatMap(Enforcement.Action.init)
        let codes = results.compactMap { $0["code"]?.string.flatMap(EnforcementResult.Code.init) }
        if let code = payload["code"]?.string.flatMap(Enforcement.Code.init), action == .applied {
            let applied = codes.count { $0 == .applied }
            let isWrong =
                switch code {
                case .success: codes.contains(.failed)
                case .error: applied > 0
                case .partial: !codes.isEmpty && applied == codes.count && !Self.isUnderWay(payload)
                }
            if isWrong {
                note(.outcome, "code is \(code.rawValue), and \(applied) of \(codes.count) were applied", scope)
            }
        }
        guard let id = payload["breach_id"]?.string.flatMap(UUIDText.init) else { return }
        guard let breach = log.breaches[id] else {
            if log.hasAlerts { note(.knownBreach, "breach_id \(id) is that of no alert", scope) }
            return
        }
        log.breaches[id]?.isAnswered = true
        if let feed = breach.feed, payload["feed_tag"]?.string != feed {
            note(
                .knownBreach, "feed_tag is \(payload["feed_tag"]?.text ?? "absent"), that of breach \(id) is \(feed)",
                scope)
        }
        if action == .reverted, breach.status != .resolved {
            note(.reverts, "breach \(id) is \(breach.status.rawValue)", scope)
        }
        for (index, result) in results.enumerated() {
            guard let resource = result["resource_id"]?.string else { continue }
            guard let actions = breach.hints[resource] else {
                note(.results, "$.results[\(index)]: no hint of breach \(id) named \(resource)", scope)
                continue
            }
            if let asked = result["requested_action"]?.string, !actions.contains(asked) {
                note(.results, "$.results[\(index)]: \(resource) was not asked for \(asked)", scope)
            }
        }
        follow(event, Array(breach.traceIDs), "the alerts of breach \(id)", scope)
        if let trace = event.trace, breach.spans.contains(trace.spanID) {
            note(.span, "its span \(trace.spanID) is that of an alert", scope)
        }
    }

    /// Settled results are told before all of them are.
    private static func isUnderWay(_ payload: JSONValue) -> Bool {
        payload["diag_msg"]?.string?.contains("in progress") == true
    }
}

extension ConversationLog.Breach {
    mutating func add(_ event: JudgedEvent) {
        last = event
        if event.isBelievable { isBelievable = true }
        if let trace = event.trace {
            traceIDs.insert(trace.traceID)
            spans.insert(trace.spanID)
        }
        for hint in event.payload["shed_hints"]?.array ?? [] {
            guard let resource = hint["resource_id"]?.string, let action = hint["action"]?.string else { continue }
            hints[resource, default: []].insert(action)
        }
    }
}
