/// A key as etcd has it.
struct EtcdKeyValue: Sendable, Hashable {
    var key: String
    var value: [UInt8]
    /// The revision of the whole store at which the key came to be.
    var createRevision: Int64 = 0
    var modRevision: Int64 = 0
    var lease: Int64 = 0
}

/// Keys from one on, and before another.
struct EtcdRange: Sendable, Hashable {
    var first: String
    /// nil for the first key alone.
    var end: String?

    init(_ key: String) { first = key }

    init(from first: String, to end: String) {
        self.first = first
        self.end = end
    }

    /// All keys with a prefix that ends with a plain ASCII character.
    init(prefix: String) {
        first = prefix
        var bytes = Array(prefix.utf8)
        if let last = bytes.popLast() { bytes.append(last + 1) }
        end = String(decoding: bytes, as: UTF8.self)
    }
}

/// A page of a range.
struct EtcdPage: Sendable, Hashable {
    var pairs: [EtcdKeyValue] = []
    var hasMore = false
    /// The store's revision when it was read.
    var revision: Int64 = 0
}
