/// What may become a ``MeterPoint``.
struct MeterCandidate: Sendable, Hashable {
    var kind: MeterPoint.Kind
    var uri: String
    var member: String?
    /// The sensor that it is an excerpt of, as ``MetricReport/key(_:)`` has it.
    var source: String?
    /// Of a GPU, by which a report's property may be known.
    var name: String?

    func point(of resource: String) -> MeterPoint? {
        uri.isEmpty ? nil : MeterPoint(resource: resource, kind: kind, uri: uri, member: member)
    }

    /// In the order of their kinds; of one kind, as they were found.
    static func bestFirst(_ all: [MeterCandidate]) -> [MeterCandidate] {
        MeterPoint.Kind.allCases.flatMap { kind in all.filter { $0.kind == kind } }
    }
}
