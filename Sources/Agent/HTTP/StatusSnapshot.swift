import PowerEvents
import Shedding
import Site
import StrictJSON

/// What the agent holds, at one moment.
struct StatusSnapshot: Sendable {
    let isFrozen: Bool
    let journalFailure: String?
    let breaches: [Breach]
    let controls: [HeldControl]
    let resources: Int
    let readiness: Readiness
    /// Why what the journal holds waits for an operator; nil where it does not.
    var confirmation: JournalAge.Finding?
    /// Who froze; nil where nobody knows.
    var freeze: FreezeNote?
    /// Which configuration is in force.
    var configuration: JSONValue = .null
    var generation = 1
    let mode: Mode
    /// What of it waits.
    var parked: Set<UUIDText> = []

    init(_ core: Core, readiness: Readiness, journalFailure: String?) {
        let book = core.book
        isFrozen = book.isFrozen
        mode = core.mode
        self.journalFailure = journalFailure
        breaches = book.breaches.values.filter { !$0.isClosed }.sorted { $0.openedAt < $1.openedAt }
        controls = book.controls.values.sorted { $0.entry.key < $1.entry.key }
        resources = book.site.order.count
        self.readiness = readiness
        confirmation = core.confirmation
        parked = book.parking.breaches
    }

    var json: JSONValue {
        [
            "awaiting_resume": confirmation.map { .string($0.reason) } ?? .null,
            "mode": .string(mode.rawValue), "generation": .number(JSONNumber(generation)),
            "configuration": configuration,
            "frozen": isFrozen ? FreezeNote.json(freeze) : .null,
            "journal_failure": journalFailure.map(JSONValue.string) ?? .null,
            "resources": .number(JSONNumber(resources)),
            "breaches": .array(breaches.map { Self.json($0, isParked: parked.contains($0.id)) }),
            "controls": .array(controls.map(Self.json)), "readiness": readiness.json,
        ]
    }

    private static func json(_ breach: Breach, isParked: Bool) -> JSONValue {
        [
            "breach_id": .string(breach.id.text), "feed": .string(breach.feed),
            "phase": .string(phase(breach)), "source": .string(breach.origin.source),
            "opened_at": .string(breach.openedAt.description), "hints": .number(JSONNumber(breach.plans.count)),
            "controls": .number(JSONNumber(breach.controls.count)),
            "released": .number(JSONNumber(breach.released.count)), "awaiting_resume": .bool(isParked),
        ]
    }

    private static func json(_ control: HeldControl) -> JSONValue {
        [
            "control": .string(control.entry.key.description), "bmc": .string(control.entry.bmc.address.description),
            "prior": control.entry.prior.map { .string($0.value.description) } ?? .null,
            "intent": control.entry.intent.map { .string($0.description) } ?? .null,
            "held": control.entry.held.map { .string($0.description) } ?? .null,
            "code": control.outcome.map { .string($0.code.rawValue) } ?? "in_progress",
            "reason": control.outcome?.reason.map(JSONValue.string) ?? .null,
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
