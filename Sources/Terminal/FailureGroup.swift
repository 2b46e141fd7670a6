import Site
public import StrictJSON

/// Controls that failed of one cause.
public struct FailureGroup: Sendable, Hashable {
    public let message: String
    public let controls: Int
    /// As `host:port`, sorted.
    public let bmcs: [String]
    /// Sorted.
    public let resources: [String]

    /// The failed ones of a status's controls, by cause: the largest group first.
    public static func groups(_ controls: [JSONValue]) -> [FailureGroup] {
        let failed = controls.filter { $0["code"] == "failed" }
        let groups = Dictionary(grouping: failed, by: trouble).values.map { members in
            FailureGroup(
                message: mostOften(members.map(cause)), controls: members.count,
                bmcs: Set(members.compactMap { $0["bmc"]?.string }.map(hostAndPort)).sorted(),
                resources: Set(members.compactMap { resource(of: $0) }).sorted())
        }
        return groups.sorted { ($1.controls, $0.message) < ($0.controls, $1.message) }
    }

    /// A reset and a refusal are one trouble to an operator, as in the BMCs' own lines.
    private static func trouble(_ control: JSONValue) -> String {
        let reason = control["reason"]?.string ?? ""
        return unreachable.contains(reason) ? "unreachable" : cause(control)
    }

    private static let unreachable: Set = ["unreachable", "circuit_open"]

    private static func mostOften(_ words: [String]) -> String {
        var counts: [String: Int] = [:]
        for word in words { counts[word, default: 0] += 1 }
        return counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? ""
    }

    private static func cause(_ control: JSONValue) -> String {
        let words = ["cause", "message", "reason"].lazy.compactMap { control[$0]?.string }
        return words.first ?? "no reason"
    }

    static func resource(of control: JSONValue) -> String? {
        control["control"]?.string.map { name in name.lastIndex(of: "/").map { String(name[..<$0]) } ?? name }
    }

    /// - Parameter address: such as `https://10.0.0.1:443`, or what is no address any more
    private static func hostAndPort(_ address: String) -> String {
        BMC.Address(recorded: address)?.hostAndPort ?? address
    }
}
