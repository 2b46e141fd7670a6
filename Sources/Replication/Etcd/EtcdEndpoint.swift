public import Site

/// Where a member of etcd listens: `https://host[:2379]`, or plain http where nobody but this machine can be behind it.
public struct EtcdEndpoint: Sendable, Hashable, CustomStringConvertible {
    /// Without a path.
    public let url: String
    /// Another spelling of the same address counts as the same.
    public let canonical: String
    public let isEncrypted: Bool

    /// - Throws: `NetworkHost.Invalid`, also for plain http to another machine
    public init(checking text: String) throws(NetworkHost.Invalid) {
        let endpoint = try Endpoint(text, schemes: ["https", "http"])
        guard !endpoint.isExposed(plain: "http") else {
            throw NetworkHost.Invalid(description: "plain http is for loopback only; use https://")
        }
        isEncrypted = endpoint.scheme == "https"
        let host = endpoint.host.text.contains(":") ? "[\(endpoint.host.text)]" : endpoint.host.text
        url = "\(endpoint.scheme)://\(host):\(endpoint.port ?? 2379)"
        canonical = "\(endpoint.host.canonical):\(endpoint.port ?? 2379)"
    }

    public var description: String { url }
}
