import PowerEvents
import Shedding

/// How the release of a control ended: table `release`.
extension Outcome: JournalRecord {
    static let kind = "release"
    static let version = 1

    static let fields: [RecordField<Outcome>] = [
        .fixed("code") { $0.code },
        .optional("message", { $0.message }, { $0.message = $1 }),
        .optional("value", { $0.value }, { $0.value = $1 }),
        .flag("unreachable", { $0.unreachable }, { $0.unreachable = $1 }),
        .optional("untouched", earlier: "isUntouched", { $0.isUntouched }, { $0.isUntouched = $1 }),
        .optional("unsupported", earlier: "isUnsupported", { $0.isUnsupported }, { $0.isUnsupported = $1 }),
    ]

    init(beginning source: RecordSource) throws { self.init(try source.required("code")) }
}
