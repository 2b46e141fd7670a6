/// What is done where all compares hold, and what is looked at where not.
struct EtcdTransaction: Sendable {
    struct Compare: Sendable, Hashable {
        var key: String
        /// 0: there is no such key.
        var createRevision: Int64
    }

    /// Nothing in a range was put since a revision of the store. What was deleted does not count.
    struct Unchanged: Sendable, Hashable {
        var range: EtcdRange
        var since: Int64
    }

    enum Operation: Sendable, Hashable {
        case put(String, [UInt8], lease: Int64 = 0)
        case get(EtcdRange)
        case delete(EtcdRange)
    }

    var compares: [Compare]
    var unchanged: [Unchanged] = []
    var operations: [Operation]
    var otherwise: [Operation] = []

    struct Answer: Sendable, Hashable {
        var hasSucceeded: Bool
        var revision: Int64
        /// Of each operation that was done; empty for those that read nothing.
        var pages: [EtcdPage]
    }
}
