import Shedding
import StrictJSON

/// By its name, which never changes, and the data of its case.
extension ReasonRecord: RecordFields {
    static let fields: [RecordField<ReasonRecord>] = [
        .fixed("name") { $0.name },
        .optional("text", { $0.text }, { $0.text = $1 }),
        .optional("resource", { $0.resource }, { $0.resource = $1 }),
        .optional("names", { $0.names }, { $0.names = $1 }),
        .optional("count", { $0.count }, { $0.count = $1 }),
        .optional("limit", { $0.limit }, { $0.limit = $1 }),
        .optional("elsewhere", { $0.elsewhere }, { $0.elsewhere = $1 }),
        .optional("value", { $0.value }, { $0.value = $1 }),
        .optional("wanted", { $0.wanted }, { $0.wanted = $1 }),
        .optional("prior", { $0.prior }, { $0.prior = $1 }),
        .optional("parts", { $0.parts }, { $0.parts = $1 }),
    ]

    init(beginning source: RecordSource) throws { self.init(try source.required("name")) }
}

extension RecordedReason where Self: RecordValue {
    func write(to text: inout RecordText) { record.write(to: &text) }

    /// Earlier versions kept a reason as the words that people read. What cannot be made sense of is kept as text: a
    /// journal that is otherwise sound is not refused for a reason.
    init(reading source: RecordSource) throws {
        if let words = source.json.string {
            self.init(earlierVersion: words)
            return
        }
        let record = try ReasonRecord(reading: source)
        self = Self(record: record) ?? Self(earlierVersion: record.text ?? record.name)
    }
}

extension AppliedRemark: RecordValue {}
extension FailureReason: RecordValue {}
extension SkipReason: RecordValue {}
