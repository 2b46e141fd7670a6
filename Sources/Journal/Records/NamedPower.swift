import PowerEvents

/// What one resource draws.
struct NamedPower: RecordFields {
    let resource: String
    let watts: Watts

    static let fields: [RecordField<NamedPower>] = [
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

    static func list(_ powers: [String: Watts]) -> [NamedPower] {
        powers.sorted { $0.key < $1.key }.map { NamedPower(resource: $0.key, watts: $0.value) }
    }

    static func dictionary(_ powers: [NamedPower]) -> [String: Watts] {
        Dictionary(powers.map { ($0.resource, $0.watts) }) { $1 }
    }
}
