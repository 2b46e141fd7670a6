/// What a control failed of, as the status tells it.
public struct FailureCause: Sendable, Hashable {
    /// A name of a closed list, such as `circuit_open`.
    public let reason: String?
    /// What those of one cause have in common.
    public let cause: String?
    /// Of this one alone.
    public let message: String?

    public init(reason: String?, cause: String?, message: String?) {
        self.reason = reason
        self.cause = cause
        self.message = message
    }

    /// For people.
    public var words: String { cause ?? message ?? reason ?? "no reason" }

    /// To an operator those with the same one are one trouble: that a BMC does not answer, and that it is not asked any
    /// more because it did not answer.
    private var trouble: String { reason.map(Self.unreachable.contains) == true ? "unreachable" : words }

    private static let unreachable: Set = ["unreachable", "circuit_open"]

    /// By their trouble, the largest group first, each in the words that most of it have.
    public static func grouped<Failed>(
        _ all: [Failed], by cause: (Failed) -> FailureCause
    ) -> [(words: String, members: [Failed])] {
        Dictionary(grouping: all) { cause($0).trouble }.values
            .map { members in (mostOften(members.map { cause($0).words }), members) }
            .sorted { ($1.members.count, $0.words) < ($0.members.count, $1.words) }
    }

    private static func mostOften(_ words: [String]) -> String {
        var counts: [String: Int] = [:]
        for word in words { counts[word, default: 0] += 1 }
        return counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? ""
    }
}
