import PowerEvents
import Shedding

/// Everything of one `breach_id`: table `breach`, whole in its `body`, without its plans in its `state`.
///
/// How the releases of its controls ended is in rows of their own (table `release`), and so is what machines drew before
/// (table `power_reading`).
extension Breach: JournalRecord {
    static let kind = "breach"
    static let version = 1

    static let fields: [RecordField<Breach>] = [
        .fixed("id") { $0.id },
        .fixed("origin") { $0.origin },
        .fixed("feed") { $0.feed },
        .fixed("critical", earlier: "isCritical") { $0.isCritical },
        .required("phase", { $0.phase }, { $0.phase = $1 }),
        .fixed("opened_at", earlier: "openedAt") { $0.openedAt },
        .required("updated_at", earlier: "updatedAt", { $0.updatedAt }, { $0.updatedAt = $1 }),
        .list("plans", { $0.plans }, { $0.plans = $1 }),
        .list("released", { Array($0.released) }, { $0.released = Set($1) }),
        .fixed("hold_down_milliseconds", earlier: "holdDown") { $0.holdDown },
        .optional("reported", { $0.reported }, { $0.reported = $1 }),
        .optional("reported_at", earlier: "reportedAt", { $0.reportedAt }, { $0.reportedAt = $1 }),
        .flag("overdue", earlier: "isOverdue", { $0.isOverdue }, { $0.isOverdue = $1 }),
        .flag("hurried", { $0.isHurried }, { $0.isHurried = $1 }),
        .optional("had_plans", earlier: "hadPlans", { $0.hadPlans }, { $0.hadPlans = $1 }),
    ]

    init(beginning source: RecordSource) throws {
        self.init(
            id: try source.required("id"), origin: try source.required("origin"), feed: try source.required("feed"),
            isCritical: try source.required("critical", earlier: "isCritical"),
            openedAt: try source.required("opened_at", earlier: "openedAt"),
            holdDown: try source.required("hold_down_milliseconds", earlier: "holdDown"))
    }
}

/// `{"name": "holding_down", "until": …}`.
extension Breach.Phase: RecordValue {
    func write(to text: inout RecordText) {
        text.beginObject()
        switch self {
        case .open: text.member("name", "open")
        case .holdingDown(let until):
            text.member("name", "holding_down")
            text.member("until", until)
        case .releasing(let nextStep):
            text.member("name", "releasing")
            text.member("next_step", nextStep)
        case .closed(let at):
            text.member("name", "closed")
            text.member("at", at)
        }
        text.endObject()
    }

    init(reading source: RecordSource) throws {
        let (name, values) = source.isEarlier ? try source.earlierCase() : (try source.required("name"), source)
        switch name {
        case "open": self = .open
        case "holding_down", "holdingDown": self = .holdingDown(until: try values.required("until"))
        case "releasing":
            self = .releasing(nextStep: try values.required("next_step", earlier: "nextStep"))
        case "closed": self = .closed(at: try values.required("at"))
        default: throw source.unknown(name)
        }
    }
}

extension Breach.Origin: RecordFields {
    static let fields: [RecordField<Breach.Origin>] = [
        .fixed("source") { $0.source },
        .optional("trace", { $0.trace }, { $0.trace = $1 }),
        .optional("correlation_id", earlier: "correlationID", { $0.correlationID }, { $0.correlationID = $1 }),
    ]

    init(beginning source: RecordSource) throws {
        self.init(source: try source.required("source"), trace: nil, correlationID: nil)
    }
}

extension TraceContext: RecordFields {
    static let fields: [RecordField<TraceContext>] = [
        .fixed("trace_id", earlier: "traceID") { $0.traceID },
        .fixed("span_id", earlier: "spanID") { $0.spanID },
        .fixed("flags") { $0.flags },
        .fixed(optional: "state") { $0.state },
    ]

    init(beginning source: RecordSource) throws {
        self.init(
            traceID: try source.required("trace_id", earlier: "traceID"),
            spanID: try source.required("span_id", earlier: "spanID"),
            flags: try source.required("flags"), state: try source.optional("state"))
    }
}
