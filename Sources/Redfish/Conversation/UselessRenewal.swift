/// A resource that answered 401 right after a login: it is missing rights that it speaks of, and logging in again for it
/// each time would only cost sessions. Left at that for 5 s, doubled each time up to 5 min.
struct UselessRenewal: Sendable {
    static let shortest = Duration.seconds(5)
    static let longest = Duration.seconds(300)

    private let uri: String
    private let wait: Duration
    private let until: ContinuousClock.Instant

    init(of uri: String, after last: UselessRenewal?, now: ContinuousClock.Instant) {
        self.uri = uri
        guard let last, last.uri == uri else {
            wait = Self.shortest
            until = now + wait
            return
        }
        // Within the wait nothing was tried.
        let isOver = now >= last.until
        wait = isOver ? min(last.wait * 2, Self.longest) : last.wait
        until = isOver ? now + wait : last.until
    }

    func covers(_ uri: String, now: ContinuousClock.Instant) -> Bool { uri == self.uri && now < until }
}
