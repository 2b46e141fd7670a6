/// What one search of a BMC's tree may cost. A tree comes from a stranger, and may be endless.
struct SearchBudget: Sendable, Hashable {
    var requests: Int
    /// Of all answers together, about.
    var bytes: Int
    var time: Duration
    /// Of one collection, over all its pages.
    var members = 4096
    var pages = 64
    /// Documents longer than this are read again where they are needed again.
    var keptDocument = 256 << 10
    /// Of all documents that are kept until the search is over.
    var keptBytes = 4 << 20

    /// For the control of one resource.
    static let control = SearchBudget(requests: 512, bytes: 32 << 20, time: .seconds(60))
    /// For what a machine draws. The patrol looks for it, so that it may take less than what a breach waits for.
    static let meter = SearchBudget(requests: 256, bytes: 16 << 20, time: .seconds(60))
    /// For all that a BMC manages, which an operator waits for.
    static let survey = SearchBudget(requests: 8192, bytes: 256 << 20, time: .seconds(600))

    /// Of a chassis that does not say what is in it, so many systems are asked whether they are.
    static let systemsAsked = 16
    /// Logins that a resource may refuse before the login itself is doubted.
    static let refusals = 8
}
