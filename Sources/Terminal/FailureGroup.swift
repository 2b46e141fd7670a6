import OperatorAPI
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
        FailureCause.grouped(controls.filter { $0["code"] == "failed" }, by: cause).map { words, members in
            FailureGroup(
                message: words, controls: members.count,
                bmcs: Set(members.compactMap { $0["bmc"]?.string }.map(hostAndPort)).sorted(),
                resources: Set(members.compactMap { resource(of: $0) }).sorted())
        }
    }

    private static func cause(_ control: JSONValue) -> FailureCause {
        FailureCause(
            reason: control["reason"]?.string, cause: control["cause"]?.string, message: control["message"]?.string)
    }

    static func resource(of control: JSONValue) -> String? {
        control["control"]?.string.map { name in name.lastIndex(of: "/").map { String(name[..<$0]) } ?? name }
    }

    /// - Parameter address: such as `https://10.0.0.1:443`, or what is no address any more
    private static func hostAndPort(_ address: String) -> String {
        BMC.Address(recorded: address)?.hostAndPort ?? address
    }
}
