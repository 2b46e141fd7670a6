import CoreMetrics
import PowerEvents
import Shedding

/// The agent's metrics, by what operators ask: is it listening, what did it refuse, what does it hold, how fast is it.
public struct AgentMetrics: Sendable {
    public let registry: PrometheusRegistry

    private static let help = [
        "ima_alerts_accepted_total": "Alerts that were obeyed, by status.",
        "ima_alerts_refused_total": "Messages that were not obeyed, by reason.",
        "ima_alerts_repeated_total": "Alerts whose signed payload was seen before.",
        "ima_awaiting_resume": "1 while what an old journal holds waits for an operator.",
        "ima_events_divided_total": "Events that the broker did not take and that were sent in parts.",
        "ima_events_set_aside_total": "Events that the broker does not take and that are not sent.",
        "ima_reports_unsigned_total": "Reports that could not be signed at once.",
        "ima_hints_skipped_total":
            "Hints that are skipped, by reason, each time that an alert of their breach is accepted.",
        "ima_outcomes_total":
            "Ends of attempts on a control, by code, by action (applied or reverted), and by reason where it failed or was skipped.",
        "ima_controls_held": "Controls that carry a hold now.",
        "ima_breaches_open": "Breaches that are not over.",
        "ima_resources_total": "Resources of the inventory.",
        "ima_redfish_requests_total": "Requests to BMCs, by method and status; status 0 is no answer.",
        "ima_redfish_request_duration_seconds": "Time of requests to BMCs that were answered.",
        "ima_redfish_in_flight": "Requests to BMCs on the wire.",
        "ima_redfish_queue_depth": "Requests to BMCs that wait for their turn.",
        "ima_outbox_depth": "Events that the broker has not acknowledged.",
        "ima_broker_ready": "1 while connected and subscribed.",
        "ima_journal_failures_total": "Transactions of the journal that failed.",
        "ima_journal_seconds_total": "Time spent in transactions of the journal.",
        "ima_journal_cpu_seconds_total": "Processor time spent in transactions of the journal.",
        "ima_journal_transactions_total": "Transactions of the journal.",
        "ima_events_swallowed_total":
            "Enforcement events that the broker acknowledged and that did not come back to our own subscription.",
        "ima_key_files_lost":
            "Key files of trusted sources that are gone or no key set; their last keys count until a restart, which fails.",
        "ima_events_published_total": "Enforcement events that the broker acknowledged.",
    ]

    public init() {
        registry = PrometheusRegistry(help: Self.help)
        // Shown from the start, so that an alert rule on them never lacks its series.
        for name in [
            "ima_alerts_repeated_total", "ima_journal_failures_total", "ima_events_published_total",
            "ima_events_swallowed_total", "ima_events_divided_total", "ima_events_set_aside_total",
            "ima_reports_unsigned_total",
        ] {
            count(name, by: 0)
        }
        set("ima_awaiting_resume", 0)
        for status in BreachAlert.Status.allCases {
            count("ima_alerts_accepted_total", ["status": status.rawValue], by: 0)
        }
        for reason in RefusalReason.allCases { count("ima_alerts_refused_total", ["reason": reason.rawValue], by: 0) }
        for action in Enforcement.Action.allCases {
            count(.applied, action, reason: nil, by: 0)
            for reason in FailureReason.Name.allCases { count(.failed, action, reason: reason.rawValue, by: 0) }
            for reason in [SkipReason.Name.nodeOff, .changedBySomebodyElse] {
                count(.skipped, action, reason: reason.rawValue, by: 0)
            }
        }
        for reason in SkipReason.Name.allCases { count("ima_hints_skipped_total", ["reason": reason.rawValue], by: 0) }
    }

    /// The end of an attempt on a control.
    func count(_ outcome: Outcome, of action: Enforcement.Action) {
        count(outcome.code, action, reason: outcome.code == .applied ? nil : outcome.reason, by: 1)
    }

    /// The hints of a breach that are skipped, when an alert of it was accepted.
    func countSkipped(_ plans: [PlannedHint]) {
        var counts: [SkipReason.Name: Int64] = [:]
        for case .skipped(let reason) in plans.lazy.map(\.verdict) { counts[reason.name, default: 0] += 1 }
        for (reason, amount) in counts { count("ima_hints_skipped_total", ["reason": reason.rawValue], by: amount) }
    }

    private func count(
        _ code: EnforcementResult.Code, _ action: Enforcement.Action, reason: String?, by amount: Int64
    ) {
        if let reason {
            count(
                "ima_outcomes_total", ["code": code.rawValue, "action": action.rawValue, "reason": reason], by: amount)
        } else {
            count("ima_outcomes_total", ["code": code.rawValue, "action": action.rawValue], by: amount)
        }
    }

    public func count(_ name: String, _ dimensions: KeyValuePairs<String, String> = [:], by amount: Int64 = 1) {
        Counter(label: name, dimensions: dimensions.map { ($0.key, $0.value) }, factory: registry)
            .increment(by: amount)
    }

    public func set(_ name: String, _ value: some BinaryInteger) {
        Gauge(label: name, dimensions: [], factory: registry).record(Double(value))
    }

    public func set(_ name: String, seconds value: Double) {
        Gauge(label: name, dimensions: [], factory: registry).record(value)
    }
}
