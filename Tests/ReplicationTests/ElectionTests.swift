import Testing

@testable import Replication

/// Who leads, by what etcd answers and what the clock says.
struct ElectionTests {
    private static let ttl = Duration.seconds(2)
    private static let margin = Duration.milliseconds(400)
    private let start = BootInstant(nanoseconds: 1_000_000_000_000)

    private func new() -> Election { Election(ttl: Self.ttl, margin: Self.margin) }

    private func after(_ milliseconds: Int) -> BootInstant { start + .milliseconds(milliseconds) }

    /// One that leads since ``start``, by revision 10.
    private func leading() -> Election {
        var election = new()
        _ = election.step(.eligible(true), at: start)
        _ = election.step(.key(.absent, at: 9), at: start)
        _ = election.step(.granted(1, lease: 7, ttl: Self.ttl), at: after(5))
        _ = election.step(.won(2, revision: 10), at: after(10))
        return election
    }

    @Test func campaignsOnlyWhenEligibleAndTheKeyIsKnownToBeGone() {
        var election = new()
        #expect(election.step(.time, at: start).isEmpty)
        #expect(election.step(.eligible(true), at: start).isEmpty)
        #expect(election.step(.key(.held(revision: 5, nonce: "x"), at: 8), at: start).isEmpty)
        #expect(election.step(.key(.absent, at: 9), at: start) == [.grant(1)])
        // What is older than what is known changes nothing.
        #expect(election.step(.key(.held(revision: 5, nonce: "x"), at: 8), at: start).isEmpty)
    }

    @Test func theRightToWriteCountsFromBeforeTheLeaseWasAskedFor() {
        var election = new()
        _ = election.step(.eligible(true), at: start)
        #expect(election.step(.key(.absent, at: 9), at: start) == [.grant(1)])
        #expect(election.step(.granted(1, lease: 7, ttl: Self.ttl), at: after(300)) == [.campaign(2, lease: 7)])
        let requests = election.step(.won(2, revision: 10), at: after(400))
        #expect(requests == [.elected(lease: 7, revision: 10), .open(until: start + .milliseconds(1600))])
    }

    @Test func aRenewalCountsFromBeforeItWasSent() {
        var election = leading()
        #expect(election.step(.time, at: after(500)) == [.keepAlive(3, lease: 7)])
        // The answer is late; what it says is of when it was sent, at the latest.
        let requests = election.step(.renewed(3, ttl: Self.ttl), at: after(900))
        #expect(requests == [.open(until: after(2100))])
    }

    @Test func etcdGivesNoMoreThanWasAskedFor() {
        var election = leading()
        _ = election.step(.time, at: after(500))
        #expect(election.step(.renewed(3, ttl: .seconds(60)), at: after(600)) == [.open(until: after(2100))])
    }

    @Test func answersThatOvertakeEachOtherShortenNothing() {
        var election = leading()
        #expect(election.step(.time, at: after(500)) == [.keepAlive(3, lease: 7)])
        #expect(election.step(.time, at: after(1000)) == [.keepAlive(4, lease: 7)])
        #expect(election.step(.renewed(4, ttl: Self.ttl), at: after(1010)) == [.open(until: after(2600))])
        #expect(election.step(.renewed(3, ttl: Self.ttl), at: after(1020)).isEmpty)
    }

    @Test func withoutAnswersItIsSuspendedAndKeepsAsking() {
        var election = leading()
        _ = election.step(.time, at: after(500))
        _ = election.step(.time, at: after(1000))
        #expect(election.step(.time, at: after(1599)) == [.keepAlive(5, lease: 7)])
        #expect(election.due == after(1600))
        #expect(election.step(.time, at: after(1600)) == [.suspended])
        #expect(election.isLeading && election.isSuspended)
        #expect(election.step(.time, at: after(2100)) == [.keepAlive(6, lease: 7)])
        // The lease lives, so nobody else can lead: it goes on.
        #expect(election.step(.renewed(6, ttl: Self.ttl), at: after(2200)) == [.open(until: after(3700))])
        #expect(!election.isSuspended)
    }

    @Test func aLeaseThatEtcdDoesNotHaveIsLost() {
        var election = leading()
        _ = election.step(.time, at: after(500))
        let requests = election.step(.renewed(3, ttl: nil), at: after(510))
        #expect(requests == [.lost("etcd says that the lease has ended"), .revoke(lease: 7)])
        #expect(!election.isLeading)
    }

    @Test func anAnswerThatIsTooLateToCountOpensNothing() {
        var election = leading()
        _ = election.step(.time, at: after(500))
        _ = election.step(.time, at: after(1600))
        let requests = election.step(.renewed(3, ttl: Self.ttl), at: after(5000))
        #expect(!requests.contains { if case .lost = $0 { true } else { false } })
        #expect(election.isSuspended)
    }

    @Test func somebodyElsesKeyIsTheEnd() {
        var election = leading()
        // What was read before our own key came to be says nothing.
        #expect(election.step(.key(.absent, at: 9), at: after(20)).isEmpty)
        #expect(election.step(.key(.held(revision: 10, nonce: "x"), at: 12), at: after(30)).isEmpty)
        let requests = election.step(.key(.held(revision: 13, nonce: "y"), at: 13), at: after(40))
        #expect(requests == [.lost("another agent leads"), .revoke(lease: 7)])
    }

    @Test func aKeyThatIsGoneIsTheEnd() {
        var election = leading()
        #expect(election.step(.key(.absent, at: 14), at: after(40)).first == .lost("the leader key is gone"))
    }

    @Test func whoIsBeatenGivesTheLeaseBackAndLooksAgain() {
        var election = new()
        _ = election.step(.eligible(true), at: start)
        _ = election.step(.key(.absent, at: 9), at: start)
        _ = election.step(.granted(1, lease: 7, ttl: Self.ttl), at: after(5))
        #expect(election.step(.beaten(2), at: after(10)) == [.revoke(lease: 7)])
        #expect(election.step(.time, at: after(5000)).isEmpty)
        #expect(election.step(.key(.absent, at: 20), at: after(5001)) == [.grant(3)])
    }

    @Test func anUnansweredCampaignIsAskedAgainWithTheSameLease() {
        var election = new()
        _ = election.step(.eligible(true), at: start)
        _ = election.step(.key(.absent, at: 9), at: start)
        _ = election.step(.granted(1, lease: 7, ttl: Self.ttl), at: after(5))
        #expect(election.step(.campaignUnanswered(2), at: after(1000)) == [.campaign(3, lease: 7)])
        // Later than the lease may live: nobody knows what it is worth.
        #expect(election.step(.campaignUnanswered(3), at: after(2001)) == [.revoke(lease: 7)])
    }

    @Test func aLeaseThatComesTooLateIsGivenBack() {
        var election = new()
        _ = election.step(.eligible(true), at: start)
        _ = election.step(.key(.absent, at: 9), at: start)
        _ = election.step(.notGranted(1), at: after(5))
        #expect(election.step(.granted(1, lease: 7, ttl: Self.ttl), at: after(6)) == [.revoke(lease: 7)])
    }

    @Test func whoYieldedWaitsForAnotherOrThreeLeases() {
        var election = leading()
        #expect(election.step(.end(yielding: true), at: after(100)) == [.revoke(lease: 7)])
        #expect(election.step(.key(.absent, at: 11), at: after(110)).isEmpty)
        #expect(election.step(.time, at: after(6000)).isEmpty)
        #expect(election.step(.time, at: after(6100)) == [.grant(3)])
        var other = leading()
        _ = other.step(.end(yielding: true), at: after(100))
        _ = other.step(.key(.held(revision: 12, nonce: "y"), at: 12), at: after(200))
        #expect(other.step(.key(.absent, at: 30), at: after(300)) == [.grant(3)])
    }

    @Test func whoStoppedLeadsNoMore() {
        var election = leading()
        #expect(election.step(.end(yielding: false), at: after(100)) == [.revoke(lease: 7)])
        #expect(!election.isLeading)
        #expect(election.step(.renewed(3, ttl: Self.ttl), at: after(200)).isEmpty)
    }

    /// Whoever stops while it campaigns leads at no time, however late the answers come.
    @Test func whoStopsInACampaignGivesTheLeaseBack() {
        var asking = new()
        _ = asking.step(.eligible(true), at: start)
        _ = asking.step(.key(.absent, at: 9), at: start)
        #expect(asking.step(.end(yielding: false), at: after(1)).isEmpty)
        #expect(asking.step(.granted(1, lease: 7, ttl: Self.ttl), at: after(5)) == [.revoke(lease: 7)])
        var campaigning = new()
        _ = campaigning.step(.eligible(true), at: start)
        _ = campaigning.step(.key(.absent, at: 9), at: start)
        _ = campaigning.step(.granted(1, lease: 7, ttl: Self.ttl), at: after(5))
        #expect(campaigning.step(.end(yielding: false), at: after(6)) == [.revoke(lease: 7)])
        #expect(campaigning.step(.won(2, revision: 10), at: after(10)).isEmpty && !campaigning.isLeading)
    }

    @Test func aRefusedWriteIsTheEnd() {
        var election = leading()
        #expect(election.step(.refused("no"), at: after(100)) == [.lost("no"), .revoke(lease: 7)])
    }
}
