import Testing

@testable import Journal

struct CommitPaceTests {
    private let start = ContinuousClock.now

    /// Runs transactions of one length, each as soon as it may begin. - Returns: when each began
    private func beginnings(
        _ count: Int, taking length: Duration, _ pace: inout CommitPace, from start: ContinuousClock.Instant
    ) -> [Duration] {
        var now = start
        return (0..<count).map { _ in
            now += pace.wait(now: now)
            defer {
                now += length
                pace.took(length, now: now)
            }
            return now - start
        }
    }

    @Test func aJournalAtRestKeepsNobodyWaiting() {
        var pace = CommitPace()
        #expect(pace.wait(now: start) == .zero)
        let first = beginnings(8, taking: .milliseconds(1), &pace, from: start)
        #expect(first == (0..<8).map { .milliseconds($0) }, "the first intents of a breach")
    }

    @Test func underLoadTransactionsKeepADistance() {
        var pace = CommitPace()
        let all = beginnings(200, taking: .milliseconds(1), &pace, from: start)
        let gaps = zip(all.dropFirst(), all).map { $0 - $1 }
        #expect(gaps.suffix(150).allSatisfy { $0 == .milliseconds(1) + CommitPace.longest })
        #expect(gaps.allSatisfy { $0 <= .milliseconds(1) + CommitPace.longest }, "no record waits longer")
    }

    @Test(arguments: [(10, 20), (100, 30)])
    func slowTransactionsGatherMore(milliseconds: Int, pause: Int) {
        var pace = CommitPace()
        let all = beginnings(200, taking: .milliseconds(milliseconds), &pace, from: start)
        #expect(all[1] == .milliseconds(milliseconds), "the first intents of a breach")
        #expect(all[199] - all[198] == .milliseconds(milliseconds + pause))
    }

    @Test func shortTransactionsMayFollowSooner() {
        var pace = CommitPace()
        let all = beginnings(2000, taking: .microseconds(100), &pace, from: start)
        let gap = all[1999] - all[1998]
        #expect(gap > .microseconds(1900) && gap < .microseconds(2200), "a twentieth of the time: \(gap)")
    }

    @Test func whatCameLateDoesNotWaitAgain() {
        var pace = CommitPace()
        let last = beginnings(100, taking: .milliseconds(1), &pace, from: start).last ?? .zero
        let end = start + last + .milliseconds(1)
        #expect(pace.wait(now: end + .milliseconds(2)) == CommitPace.longest - .milliseconds(2))
        #expect(pace.wait(now: end + .seconds(1)) == .zero)
    }

    @Test func oneLargeTransactionIsNoReasonToWait() {
        var pace = CommitPace()
        pace.took(.milliseconds(400), now: start)
        #expect(pace.wait(now: start) == .zero)
    }

    @Test func restIsSavedUpOnlyToAPoint() {
        var pace = CommitPace()
        pace.took(.milliseconds(1), now: start)
        let all = beginnings(100, taking: .milliseconds(1), &pace, from: start + .seconds(3600))
        let immediate = zip(all.dropFirst(), all).prefix { $0 - $1 == .milliseconds(1) }.count
        #expect(immediate < 12)
    }
}
