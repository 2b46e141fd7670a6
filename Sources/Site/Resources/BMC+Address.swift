extension BMC {
    /// Scheme, host and port of a BMC: two resources with the same address share the BMC, however each is spelled.
    ///
    /// `https://BMC-7.example.com.`, `https://bmc-7.example.com:443` and `https://bmc-7.example.com/` are equal; so are
    /// `localhost` and `127.0.0.1`, and all spellings of one IPv6 address. The text stays as it was written, in lower case,
    /// for connecting and for people.
    public struct Address: Sendable, Comparable, CustomStringConvertible {
        /// Without a slash at its end.
        public let description: String
        public let isEncrypted: Bool
        /// The host, without port and brackets.
        public let host: String
        public let port: Int
        public let isLoopback: Bool
        /// What all spellings of this address have in common.
        public let canonical: String

        /// `10.20.7.11:443`, `[fd00::7]:443`: where it listens, as people name it.
        public var hostAndPort: String { "\(host.contains(":") ? "[\(host)]" : host):\(port)" }

        /// - Throws: `NetworkHost.Invalid` unless the text is `http(s)://host[:port]` with a host that has one meaning
        public init(checking text: String) throws(NetworkHost.Invalid) {
            let endpoint = try Endpoint(text, schemes: ["https", "http"])
            isEncrypted = endpoint.scheme == "https"
            port = endpoint.port ?? (isEncrypted ? 443 : 80)
            host = endpoint.host.text
            isLoopback = endpoint.host.isLoopback
            canonical = "\(endpoint.scheme)://\(endpoint.host.canonical):\(port)"
            description = Self.trimmed(text)
        }

        /// - Returns: nil where ``init(checking:)`` would say why
        public init?(_ text: String) { try? self.init(checking: text) }

        /// An address that an earlier version took and recorded. What is not acceptable any more stays what it was, and is
        /// equal to its own spelling only: whatever is held there must still be found and put back.
        ///
        /// - Returns: nil for what no version ever took
        public init?(recorded text: String) {
            if let address = try? Self(checking: text) {
                self = address
                return
            }
            let lowered = Self.trimmed(text)
            guard let scheme = ["https://", "http://"].first(where: { lowered.hasPrefix($0) }) else { return nil }
            let authority = lowered.dropFirst(scheme.count)
            guard !authority.isEmpty, !authority.contains(where: { "/?#@ ".contains($0) }) else { return nil }
            let isBracketed = authority.hasPrefix("[")
            description = lowered
            canonical = lowered
            isEncrypted = scheme == "https://"
            isLoopback = false
            host = String(isBracketed ? authority.dropFirst().prefix { $0 != "]" } : authority.prefix { $0 != ":" })
            let tail = isBracketed ? authority.drop { $0 != "]" }.dropFirst() : authority.drop { $0 != ":" }
            port = Int(tail.dropFirst()) ?? (isEncrypted ? 443 : 80)
        }

        private static func trimmed(_ text: String) -> String {
            let lowered = text.lowercased()
            return lowered.hasSuffix("/") ? String(lowered.dropLast()) : lowered
        }

        public static func < (left: Address, right: Address) -> Bool { left.canonical < right.canonical }
    }
}

extension BMC.Address: Hashable {
    public static func == (left: BMC.Address, right: BMC.Address) -> Bool { left.canonical == right.canonical }

    public func hash(into hasher: inout Hasher) { hasher.combine(canonical) }
}
