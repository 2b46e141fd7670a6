/// A baseboard management controller: where it listens, who we are to it, and what makes its certificate good enough.
public struct BMC: Sendable, Hashable, Codable {
    /// Scheme, host and port, without a trailing slash: two resources with the same address share the BMC.
    public struct Address: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
        public let description: String

        /// - Returns: nil unless the text is `http(s)://host[:port]`, without user, path or query.
        public init?(_ text: String) {
            let trimmed = text.hasSuffix("/") ? String(text.dropLast()) : text
            let lowered = trimmed.lowercased()
            guard let scheme = ["https://", "http://"].first(where: { lowered.hasPrefix($0) }) else { return nil }
            let authority = lowered.dropFirst(scheme.count)
            guard !authority.isEmpty, !authority.contains(where: { "/?#@ ".contains($0) }) else { return nil }
            description = lowered
        }

        public var isEncrypted: Bool { description.hasPrefix("https://") }

        /// The host, without port and brackets.
        public var host: String {
            let authority = description.drop { $0 != "/" }.drop { $0 == "/" }
            if authority.hasPrefix("[") { return String(authority.dropFirst().prefix { $0 != "]" }) }
            return String(authority.prefix { $0 != ":" })
        }

        public var port: Int {
            let authority = description.drop { $0 != "/" }.drop { $0 == "/" }
            let tail =
                authority.hasPrefix("[") ? authority.drop { $0 != "]" }.dropFirst() : authority.drop { $0 != ":" }
            return Int(tail.dropFirst()) ?? (isEncrypted ? 443 : 80)
        }

        public var isLoopback: Bool { host.hasPrefix("127.") || host == "localhost" || host == "::1" }

        public static func < (left: Address, right: Address) -> Bool { left.description < right.description }
    }

    public enum Trust: Sendable, Hashable, Codable {
        case systemAuthorities
        /// The path of a PEM file.
        case authorities(file: String)
        /// `sha256//BASE64` of the public key.
        case pin(String)
        /// Written out by the operator as `verify: false`.
        case unverified
    }

    public let address: Address
    /// The name of an entry under `credentials`.
    public let credentials: String
    public let trust: Trust

    public init(address: Address, credentials: String, trust: Trust) {
        self.address = address
        self.credentials = credentials
        self.trust = trust
    }
}
