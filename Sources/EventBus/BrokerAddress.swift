public import Site

/// Where the broker listens: `mqtts://host[:8883]`, or `mqtt://host[:1883]` without TLS.
public struct BrokerAddress: Sendable, Hashable, CustomStringConvertible {
    public let isEncrypted: Bool
    public let host: String
    public let port: Int
    public let isLoopback: Bool

    /// - Throws: `NetworkHost.Invalid` for anything else, a user or a path included, and for a host that could be read in two ways
    public init(checking text: String) throws(NetworkHost.Invalid) {
        let endpoint = try Endpoint(text, schemes: ["mqtts", "mqtt"])
        isEncrypted = endpoint.scheme == "mqtts"
        port = endpoint.port ?? (isEncrypted ? 8883 : 1883)
        isLoopback = endpoint.host.isLoopback
        // libmosquitto asks the resolver, which wants the percent sign of a zone as it is.
        host = endpoint.host.text.replacing("%25", with: "%")
    }

    /// - Returns: nil where ``init(checking:)`` would say why
    public init?(_ text: String) { try? self.init(checking: text) }

    public var description: String {
        "\(isEncrypted ? "mqtts" : "mqtt")://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }
}
