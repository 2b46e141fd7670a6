import PowerEvents
import Shedding
import Site

/// What an operator has frozen: table `freeze`.
extension Freeze: JournalRecord {
    static let kind = "freeze"
    static let version = 1

    static let fields: [RecordField<Freeze>] = [
        .optional("scope", { $0.scope }, { $0.scope = $1 }),
        .list("exceptions", { $0.exceptions }, { $0.exceptions = $1 }),
        .fixed("since") { $0.since },
        .optional("until", { $0.until }, { $0.until = $1 }),
        .optional("user", { $0.user }, { $0.user = $1 }),
        .optional("reason", { $0.reason }, { $0.reason = $1 }),
    ]

    init(beginning source: RecordSource) throws { self.init(since: try source.required("since")) }
}

extension FreezeScope: RecordFields {
    static let fields: [RecordField<FreezeScope>] = [
        .list("names", { $0.selection.names }, { $0.selection.names = $1 }),
        .list("feeds", { $0.selection.feeds }, { $0.selection.feeds = $1 }),
        .list("bmcs", { $0.selection.bmcs }, { $0.selection.bmcs = $1 }),
        .list("resources", { $0.resources }, { $0.resources = $1 }),
    ]

    init(beginning source: RecordSource) throws { self.init(ResourceSelection(), resources: []) }
}
