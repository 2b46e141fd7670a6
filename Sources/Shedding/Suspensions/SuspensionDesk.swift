import PowerEvents

/// Claims that are made of the site, and the alerts that wait for them.
struct SuspensionDesk: Sendable {
    struct Waiting: Sendable {
        let alert: ReceivedAlert
        let isFollowed: Bool
    }

    enum Claim: Sendable {
        /// Of what is down.
        case ofBook
        /// Of what the first of the alerts that wait asks for.
        case ofAlert
    }

    /// What is let go of counts until so much later: of many that come back together the site is told once.
    static let pause = Duration.seconds(1)

    /// The one that is not answered yet.
    var claim: Claim?
    /// In their order.
    var waiting: [Waiting] = []
    /// When to see whether what counts is what is; nil where it is as far as is known.
    var lookAt: Timestamp?
    /// Whether the site is to be told in any case, be it of the number of nodes.
    var mustTell = false

    var isIdle: Bool { claim == nil && waiting.isEmpty && lookAt == nil }
}
