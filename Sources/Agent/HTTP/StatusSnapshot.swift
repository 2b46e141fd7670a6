import BuildInformation
import PowerEvents
import Shedding
import Site
import StrictJSON

/// What the agent holds, at one moment.
struct StatusSnapshot: Sendable {
    let freezes: Freezes
    /// How many of the controls are frozen.
    let frozenControls: Int
    let journalFailure: String?
    let mode: Mode
    let breaches: [Breach]
    /// Over, and still known; the latest first.
    let past: [Breach]
    /// Of each of them, what it asks for and how far that has come; none where nobody asks for that.
    let summaries: [UUIDText: Summary]
    let controls: [HeldControl]
    let resources: Int
    /// By the clock that the times below are of.
    let now: Timestamp
    let readiness: Readiness
    let health: FleetHealth
    /// What would have been done, where the mode is observe.
    let observations: [Observation]
    /// Why what the journal holds waits for an operator; nil where it does not.
    var confirmation: JournalAge.Finding?
    /// Which configuration is in force.
    var configuration: JSONValue = .null
    var generation = 1
    /// Whether it is subscribed to alert topics; nil where that is not known here.
    var isBrokerReady: Bool?
    var agentID = ""
    /// Its role beside others, who leads, and how the etcd is that they share; nil: it is alone.
    var standby: JSONValue?
    /// What the latest alerts said of their feeds.
    var loads: [UUIDText: AlertedLoads.Load] = [:]
    /// What of it waits.
    var parked: Set<UUIDText> = []

    struct Summary: Sendable {
        let power: BreachPower
        let progress: BreachProgress
        let priorities: [(priority: Int, power: BreachPower)]
        let rate: PowerRate?
    }

    /// - Parameter summarises: whether every hint is gone through, of which there are thousands. Probes ask again and again,
    ///   and this is worked out where enforcement is decided.
    init(_ core: Core, readiness: Readiness, journalFailure: String?, now: Timestamp, summarises: Bool) {
        let book = core.book
        mode = core.mode
        freezes = book.freezes
        frozenControls = book.freezes.isEmpty ? 0 : book.controls.keys.count { book.isFrozen($0) }
        self.journalFailure = journalFailure
        breaches = book.breaches.values.filter { !$0.isClosed }.sorted { $0.openedAt < $1.openedAt }
        past = book.breaches.values.filter(\.isClosed).sorted { ($1.openedAt, $1.id) < ($0.openedAt, $0.id) }
        summaries = Dictionary(
            uniqueKeysWithValues: (summarises ? breaches : []).map { breach in
                let progress = book.progress(of: breach.id)
                return (
                    breach.id,
                    Summary(
                        power: book.power(of: breach.id, now: now), progress: progress,
                        priorities: progress.priorities.keys.sorted().map {
                            ($0, book.power(of: breach.id, priority: $0, now: now))
                        }, rate: book.policy.maxRate)
                )
            })
        controls = book.controls.values.sorted { $0.entry.key < $1.entry.key }
        resources = book.site.order.count
        self.readiness = readiness
        health = core.health
        observations = core.observations.values.sorted { ($0.at, $0.breach) < ($1.at, $1.breach) }
        self.now = now
        confirmation = core.confirmation
        parked = book.parking.breaches
    }

    var json: JSONValue {
        var object = summary
        object["controls"] = .array(controls.map(Self.json))
        return .object(object)
    }

    /// Everything but the controls, of which there are thousands.
    var summary: JSONObject {
        let json: JSONValue = [
            "agent": .string(agentID), "version": .string(Build.text), "at": .string(now.description),
            // One agent alone leads itself.
            "standby": standby ?? ["role": "leader", "leader": .string(agentID)],
            "awaiting_resume": confirmation.map { .string($0.reason) } ?? .null,
            "mode": .string(mode.rawValue), "generation": .number(JSONNumber(generation)),
            "configuration": configuration,
            "frozen": FreezeAnswer.json(freezes, controls: frozenControls),
            "broker": isBrokerReady.map { $0 ? "subscribed" : "not subscribed" } ?? .null,
            "journal": journalFailure.map(JSONValue.string) ?? "open",
            "journal_failure": journalFailure.map(JSONValue.string) ?? .null,
            "resources": .number(JSONNumber(resources)),
            "breaches": .array(breaches.map { self.json($0) }),
            "readiness": readiness.json(health), "bmcs": bmcs, "observed": .array(observations.map(Self.json)),
        ]
        return json.object ?? JSONObject()
    }

    /// One breach, as ``json`` has it.
    func json(_ breach: Breach) -> JSONValue { json(breach, isParked: parked.contains(breach.id)) }

    private func json(_ breach: Breach, isParked: Bool) -> JSONValue {
        var object = JSONObject()
        object["id"] = .string(breach.id.text)
        // As earlier versions call it.
        object["breach_id"] = .string(breach.id.text)
        object["feed"] = .string(breach.feed)
        object["drill"] = .bool(breach.isDrill)
        object["severity"] = .string((breach.isCritical ? BreachAlert.Severity.critical : .warning).rawValue)
        object["phase"] = .string(Self.phase(breach))
        object["source"] = .string(breach.origin.source)
        object["opened_at"] = .string(breach.openedAt.description)
        object["hints"] = .number(JSONNumber(breach.hintCount))
        object["controls"] = .number(JSONNumber(breach.controls.count))
        object["released"] = .number(JSONNumber(breach.released.count))
        object["awaiting_resume"] = .bool(isParked)
        object["load"] = load(of: breach)
        object["infrastructure_actions"] = actions(of: breach)
        if let summary = summaries[breach.id] { summary.write(breach, to: &object) }
        return .object(object)
    }

    private func load(of breach: Breach) -> JSONValue {
        guard let load = loads[breach.id], load.source == breach.origin.source else { return .null }
        return [
            "measured_watts": .number(JSONNumber(load.measured.wholeWatts)),
            "target_watts": .number(JSONNumber(load.target.wholeWatts)), "at": .string(load.at.description),
        ]
    }

    /// What is for people to do; null where no alert has come since the start.
    private func actions(of breach: Breach) -> JSONValue {
        guard let load = loads[breach.id], load.source == breach.origin.source else { return .null }
        return .array(load.actions.map { .string($0.rawValue) })
    }

    private static func json(_ observation: Observation) -> JSONValue {
        [
            "id": .string(observation.breach.text), "feed": .string(observation.feed),
            "severity": .string(observation.severity.rawValue), "since": .string(observation.at.description),
            "hints": .number(JSONNumber(observation.hints)), "caps": .number(JSONNumber(observation.caps)),
            "suspends": .number(JSONNumber(observation.suspends)),
            "skipped": .number(JSONNumber(observation.skipped)),
            "asked_watts": .number(JSONNumber(observation.asked.wholeWatts)),
            "baseline_watts": .number(JSONNumber(observation.baseline.wholeWatts)),
        ]
    }

    static func json(_ control: HeldControl) -> JSONValue {
        [
            "control": .string(control.entry.key.description), "bmc": .string(control.entry.bmc.address.description),
            "prior": control.entry.prior.map { .string($0.value.description) } ?? .null,
            "intent": control.entry.intent.map { .string($0.description) } ?? .null,
            "held": control.entry.held.map { .string($0.description) } ?? .null,
            "code": control.outcome.map { .string($0.code.rawValue) } ?? "in_progress",
            "reason": control.outcome?.reason.map(JSONValue.string) ?? .null,
            "cause": control.outcome?.cause.map(JSONValue.string) ?? .null,
            "message": control.outcome?.message.map(JSONValue.string) ?? .null,
        ]
    }

    static func phase(_ breach: Breach) -> String {
        switch breach.phase {
        case .open: "open"
        case .holdingDown(let until): "holding down until \(until)"
        case .releasing: "releasing"
        case .closed(let at): "closed at \(at)"
        }
    }
}
