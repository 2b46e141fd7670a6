import Foundation

/// What being elected means until the term is over: the fence, the lease's news, and how it ended.
final class Office: Sendable {
    let lease: Int64
    /// At which the leader key came to be: what every write to the log compares.
    let revision: Int64
    let term: LogTerm
    let fence = WriteFence()
    let ending = Ending()
    let deadlines: AsyncStream<Duration>
    private let news: AsyncStream<Duration>.Continuation

    init(lease: Int64, revision: Int64, term: LogTerm) {
        self.lease = lease
        self.revision = revision
        self.term = term
        // Whoever is late only needs the latest.
        (deadlines, news) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func open(until time: BootInstant) {
        fence.open(until: time)
        news.yield(max(.zero, time - BootClock.now()))
    }

    /// Nothing begins after this returns.
    func finish(_ end: TermEnd) {
        fence.close()
        ending.finish(end)
        news.finish()
    }

    var isOver: Bool { ending.end != nil }
}
