import PowerEvents
import Shedding

/// What a hint asks of something that is met through what is inside, in the row of its plan.
extension Spread: RecordFields {
    static let fields: [RecordField<Spread>] = [
        .optional("target_microwatts", { $0.target }, { $0.target = $1 }),
        .list("rests", { NamedPower.list($0.rests) }, { $0.rests = NamedPower.dictionary($1) }),
        .list("fixed", { NamedPower.list($0.fixed) }, { $0.fixed = NamedPower.dictionary($1) }),
        .list("unknown", { $0.unknown }, { $0.unknown = $1 }),
        .required("corrections", { $0.corrections }, { $0.corrections = $1 }),
        .optional("excess_microwatts", { $0.excess }, { $0.excess = $1 }),
    ]

    init(beginning source: RecordSource) throws { self.init(target: nil) }
}
