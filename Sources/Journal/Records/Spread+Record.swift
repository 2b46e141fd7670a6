import PowerEvents
import Shedding

/// What a hint asks of something that is met through what is inside, in the row of its plan.
extension Spread: RecordFields {
    static let fields: [RecordField<Spread>] = [
        .optional("target_microwatts", { $0.target }, { $0.target = $1 }),
        .list("rests", { Power.list($0.rests) }, { $0.rests = Power.dictionary($1) }),
        .list("fixed", { Power.list($0.fixed) }, { $0.fixed = Power.dictionary($1) }),
        .list("unknown", { $0.unknown }, { $0.unknown = $1 }),
        .required("corrections", { $0.corrections }, { $0.corrections = $1 }),
        .optional("excess_microwatts", { $0.excess }, { $0.excess = $1 }),
    ]

    init(beginning source: RecordSource) throws { self.init(target: nil) }

    /// What one resource draws.
    private struct Power: RecordFields {
        let resource: String
        let watts: Watts

        static let fields: [RecordField<Power>] = [
            .fixed("resource") { $0.resource },
            .fixed("microwatts") { $0.watts },
        ]

        init(resource: String, watts: Watts) {
            self.resource = resource
            self.watts = watts
        }

        init(beginning source: RecordSource) throws {
            self.init(resource: try source.required("resource"), watts: try source.required("microwatts"))
        }

        static func list(_ powers: [String: Watts]) -> [Power] {
            powers.sorted { $0.key < $1.key }.map { Power(resource: $0.key, watts: $0.value) }
        }

        static func dictionary(_ powers: [Power]) -> [String: Watts] {
            Dictionary(powers.map { ($0.resource, $0.watts) }) { $1 }
        }
    }
}
