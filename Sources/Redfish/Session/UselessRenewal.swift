import Retrying

/// A resource that answered 401 right after a login: it is missing rights that it speaks of, and logging in again for it
/// each time would only cost sessions. Left at that by ``Retrying/Backoff/sessionRenewal``.
struct UselessRenewal: Sendable {
    private let uri: String
    private let tries: Int
    private let until: ContinuousClock.Instant

    init(of uri: String, after last: UselessRenewal?, now: ContinuousClock.Instant) {
        self.uri = uri
        // Within the wait nothing was tried.
        if let last, last.uri == uri, now < last.until {
            (tries, until) = (last.tries, last.until)
            return
        }
        tries = last?.uri == uri ? (last?.tries ?? 0) + 1 : 0
        until = now + Backoff.sessionRenewal.delay(after: tries)
    }

    func covers(_ uri: String, now: ContinuousClock.Instant) -> Bool { uri == self.uri && now < until }
}
