import PowerEvents
public import Prometheus
import Shedding

/// The agent's metrics, by what operators ask: is it listening, what did it refuse, what does it hold, how fast is it.
///
/// Each is declared here, once, with its name, unit and help text; a new one is a property, and is shown.
public final class AgentMetrics: Sendable {
    // MARK: Alerts

    let alertsAccepted = Metric<Counter, AlertStatus>(
        "ima_alerts_accepted_total", help: "Alerts that were accepted, by status.",
        shown: BreachAlert.Status.allCases.map(AlertStatus.init))
    let alertsRefused = Metric<Counter, Refused>(
        "ima_alerts_refused_total", help: "Messages that were refused, by reason.",
        shown: RefusalReason.allCases.map(Refused.init))
    let alertsRepeated = Metric<Counter, NoLabels>(
        "ima_alerts_repeated_total", help: "Duplicate alerts: their signed payload was received before.")
    let infrastructureActions = Metric<Counter, PeoplesAction>(
        "ima_infrastructure_actions_total",
        help: "Accepted alerts that name an action for people, by action; none is ever executed.",
        shown: BreachAlert.InfrastructureAction.allCases.map(PeoplesAction.init))
    let keyFilesLost = Metric<Gauge, NoLabels>(
        "ima_key_files_lost",
        help: "Key files of trusted sources that are gone or no key set; their last keys count until a restart, "
            + "which fails.")

    // MARK: Holds

    let outcomes = Metric<Counter, Attempt>(
        "ima_outcomes_total",
        help:
            "Ends of attempts on a control, by code, by action (applied or reverted), and by reason where it failed or "
            + "was skipped.",
        shown: Attempt.known)
    let hintsSkipped = Metric<Counter, Skipped>(
        "ima_hints_skipped_total",
        help: "Hints that are skipped, by reason, each time that an alert of their breach is accepted.",
        shown: SkipReason.Name.allCases.map(Skipped.init))
    let controlsHeld = Metric<Gauge, NoLabels>("ima_controls_held", help: "Controls that carry a hold now.")
    let breachesOpen = Metric<Gauge, NoLabels>("ima_breaches_open", help: "Breaches that are not over.")
    let breachAge = Metric<Gauge, NoLabels>(
        "ima_breach_age_seconds", .seconds,
        help: "How long the oldest breach that is not over has been known; 0 where there is none.")
    let shedWatts = Metric<Gauge, Shed>(
        "ima_shed_watts", .watts,
        help: "What is shed of each feed: as asked for, as confirmed by caps that were read back, as measured.",
        shown: [])
    let shedCoverage = Metric<Gauge, OfFeed>(
        "ima_shed_coverage_ratio", help: "The share of the watts of open breaches that is measured, from 0 to 1.",
        shown: [])
    let powerWatts = Metric<Gauge, OfFeed>(
        "ima_power_watts", .watts, help: "What the metered machines of each feed draw.", shown: [])
    let alertsForeign = Metric<Counter, NoLabels>(
        "ima_alerts_foreign_total", help: "Alerts of which this agent owns no hint, and which it leaves to others.")
    let awaitingResume = Metric<Gauge, NoLabels>(
        "ima_awaiting_resume", help: "1 while what an old journal holds waits for an operator.")
    let resourcesEnforceable = Metric<Gauge, NoLabels>(
        "ima_resources_enforceable", help: "Resources that are enforceable, as the last patrol saw them.")
    let resources = Metric<Gauge, NoLabels>("ima_resources", help: "Resources of the inventory.")
    let resourcesTotal = Metric<Gauge, NoLabels>(
        "ima_resources_total",
        help: "The same as ima_resources, under the name that dashboards know; no counter in spite of it.",
        as: .untyped)

    // MARK: Configuration

    let configurationSuccessful = Metric<Gauge, NoLabels>(
        "ima_config_last_reload_successful", help: "1 where the latest start or reload took over the configuration.")
    let configurationTime = Metric<Gauge, NoLabels>(
        "ima_config_last_reload_success_timestamp_seconds", .seconds,
        help: "When the configuration that is in force was taken over, as Unix time.")
    let configurationGeneration = Metric<Gauge, NoLabels>(
        "ima_config_generation", help: "Configurations that were in force in this process, this one included.")

    // MARK: Events

    let eventsPublished = Metric<Counter, NoLabels>(
        "ima_events_published_total", help: "Enforcement events that the broker acknowledged.")
    let eventsNotEchoed = Metric<Counter, NoLabels>(
        "ima_events_not_echoed_total",
        help: "Enforcement events that the broker acknowledged and that did not come back to our own subscription.")
    let eventsDivided = Metric<Counter, NoLabels>(
        "ima_events_divided_total", help: "Events that the broker did not take and that were sent in parts.")
    let eventsSetAside = Metric<Counter, NoLabels>(
        "ima_events_set_aside_total", help: "Events that the broker does not take and that are not sent.")
    let reportsUnsigned = Metric<Counter, NoLabels>(
        "ima_reports_unsigned_total", help: "Reports that could not be signed at once.")
    let outboxDepth = Metric<Gauge, NoLabels>(
        "ima_outbox_depth", help: "Events that the broker has not acknowledged.")
    let outboxAge = Metric<Gauge, NoLabels>(
        "ima_outbox_oldest_age_seconds", .seconds,
        help: "How long the oldest event that the broker has not acknowledged has waited; 0 where there is none.")
    let brokerReady = Metric<Gauge, NoLabels>("ima_broker_ready", help: "1 while connected and subscribed.")

    // MARK: BMCs

    let bmcs = Metric<Gauge, BMCState>(
        "ima_bmcs",
        help:
            "BMCs of the inventory by state: healthy, failing, recovering (not relied on yet), unknown (not seen yet).",
        shown: BMCHealth.State.allCases.map(BMCState.init))
    let redfishRequests = Metric<Counter, RedfishAnswer>(
        "ima_redfish_requests_total", help: "Requests to BMCs, by method and status; status 0 is no answer.", shown: [])
    let redfishDuration = Metric<Histogram, RedfishMethod>(
        "ima_redfish_request_duration_seconds", .seconds, help: "Time of requests to BMCs that were answered.",
        shown: [])
    let redfishInFlight = Metric<Gauge, NoLabels>("ima_redfish_in_flight", help: "Requests to BMCs on the wire.")
    let redfishQueueDepth = Metric<Gauge, NoLabels>(
        "ima_redfish_queue_depth", help: "Requests to BMCs that wait for their turn.")

    // MARK: Journal

    let journalFailing = Metric<Gauge, NoLabels>(
        "ima_journal_failing", help: "1 while the journal cannot be written, so that nothing goes to any BMC.")
    let journalFailures = Metric<Counter, NoLabels>(
        "ima_journal_failures_total", help: "Transactions of the journal that failed.")
    let journalTransactions = Metric<Counter, NoLabels>(
        "ima_journal_transactions_total", help: "Transactions of the journal.")
    let journalTime = Metric<Counter, NoLabels>(
        "ima_journal_seconds_total", .seconds, help: "Time spent in transactions of the journal.")
    let journalProcessorTime = Metric<Counter, NoLabels>(
        "ima_journal_cpu_seconds_total", .seconds, help: "Processor time spent in transactions of the journal.")

    // MARK: The agent itself

    let mode = Metric<Gauge, ModeLabels>(
        "ima_mode", help: "1 for the mode that is in force, 0 for the others.",
        shown: Mode.allCases.map(ModeLabels.init))
    let frozen = Metric<Gauge, NoLabels>(
        "ima_frozen", help: "1 while an operator has stopped writes to BMCs, to all or to some.")
    let resourcesFrozen = Metric<Gauge, NoLabels>(
        "ima_resources_frozen", help: "Resources with a BMC that nothing is written to, by an operator's freeze.")

    let standbyRole = Metric<Gauge, StandbyRole>(
        "ima_standby_role", help: "1 for the role that this agent has, 0 for the other.",
        shown: StandbyRole.Role.allCases.map(StandbyRole.init))

    public init() {
        // One agent alone leads.
        standbyRole[.init(role: .leader)].set(1)
    }

    /// Everything above, as it stands here.
    public var all: [any AnyMetric] { Mirror(reflecting: self).children.compactMap { $0.value as? any AnyMetric } }

    /// The page that Prometheus scrapes.
    public var page: String { PrometheusText(all).page }

    /// The end of an attempt on a control.
    func count(_ outcome: Outcome, of action: Enforcement.Action) {
        let reason = outcome.code == .applied ? nil : outcome.reason
        outcomes[Attempt(code: outcome.code, action: action, reason: reason)].increment()
    }

    /// The hints of a breach that are skipped, when an alert of it was accepted.
    func countSkipped(_ plans: [PlannedHint]) {
        var counts: [SkipReason.Name: Int] = [:]
        for case .skipped(let reason) in plans.lazy.map(\.verdict) { counts[reason.name, default: 0] += 1 }
        for (reason, count) in counts { hintsSkipped[Skipped(reason: reason)].increment(by: count) }
    }

    /// How many resources the inventory has.
    func setResources(_ count: Int) {
        resources.set(count)
        resourcesTotal.set(count)
    }
}
