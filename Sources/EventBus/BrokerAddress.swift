/// Where the broker listens: `mqtts://host[:8883]`, or `mqtt://host[:1883]` without TLS.
public struct BrokerAddress: Sendable, Hashable, CustomStringConvertible {
    public let isEncrypted: Bool
    public let host: String
    public let port: Int

    /// - Returns: nil for anything else, a user or a path included.
    public init?(_ text: String) {
        let schemes = [("mqtts://", true, 8883), ("mqtt://", false, 1883)]
        guard let (scheme, isEncrypted, defaultPort) = schemes.first(where: { text.hasPrefix($0.0) }) else {
            return nil
        }
        var authority = text.dropFirst(scheme.count)
        if authority.hasSuffix("/") { authority = authority.dropLast() }
        guard !authority.isEmpty, !authority.contains(where: { "/@?# ".contains($0) }) else { return nil }
        let colon = authority.hasPrefix("[") ? authority.lastIndex(of: "]") : authority.firstIndex(of: ":")
        var host = authority
        var port = defaultPort
        if let colon {
            let tail = authority.hasPrefix("[") ? authority[colon...].dropFirst() : authority[colon...]
            host = authority.hasPrefix("[") ? authority[..<colon].dropFirst() : authority[..<colon]
            if !tail.isEmpty {
                guard tail.hasPrefix(":"), let number = Int(tail.dropFirst()), (1...65_535).contains(number) else {
                    return nil
                }
                port = number
            }
        }
        guard !host.isEmpty else { return nil }
        self.isEncrypted = isEncrypted
        self.host = String(host)
        self.port = port
    }

    public var isLoopback: Bool { host.hasPrefix("127.") || host == "localhost" || host == "::1" }

    public var description: String {
        "\(isEncrypted ? "mqtts" : "mqtt")://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }
}
