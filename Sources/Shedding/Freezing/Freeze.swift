public import PowerEvents
import Site

/// An operator's word that nothing be written to all of the site, or to a part of it.
public struct Freeze: Sendable, Hashable {
    /// What is frozen; nil is everything.
    public var scope: FreezeScope?
    /// What was thawed of it since.
    public var exceptions: [FreezeScope] = []
    public var since: Timestamp
    /// When it ends by itself; nil where only an operator ends it.
    public var until: Timestamp?
    /// The user who asked for it, by the kernel's word.
    public var user: String?
    /// Why, in that user's words.
    public var reason: String?

    public init(
        _ scope: FreezeScope? = nil, since: Timestamp = Timestamp(milliseconds: 0), until: Timestamp? = nil,
        user: String? = nil, reason: String? = nil
    ) {
        self.scope = scope
        self.since = since
        self.until = until
        self.user = user
        self.reason = reason
    }

    /// Whether it is all of the site, with nothing thawed of it.
    public var isWhole: Bool { scope == nil && exceptions.isEmpty }

    /// `all`, or `rack-a07 without dgx-a07-03`.
    public var scopeText: String {
        let without = exceptions.isEmpty ? "" : " without \(exceptions.map(\.description).joined(separator: ", "))"
        return (scope?.description ?? "all") + without
    }

    /// Whether another one takes its place: of the same operator, for the same.
    func isReplaced(by other: Freeze) -> Bool { scope?.selection == other.scope?.selection && user == other.user }

    /// Never longer than it was meant to be, whatever became of the clock while no agent ran.
    func restarted(at now: Timestamp) -> Freeze {
        var freeze = self
        if let until { freeze.until = min(until, now + max(until - since, .zero)) }
        return freeze
    }
}
