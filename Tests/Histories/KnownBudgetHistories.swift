import PowerEvents
import Shedding
import Testing

/// Histories of budgets in which something once went wrong, shortened to what it takes, each with what it was.
@Suite struct KnownBudgetHistories: HistoryWords {
    private func active(_ breach: Int, _ hints: [ShedHint]) -> HistoryStep { active(breach, critical: true, hints) }

    private func expectWell(
        seeds: some Sequence<UInt64>, _ moments: [(Int, HistoryStep)], _ location: SourceLocation = #_sourceLocation
    ) {
        expectWell(seeds: seeds, trays: true, moments, location)
    }

    /// What a tray draws beside its GPUs became known after the split, and was not taken off.
    @Test func aRestThatShowedLater() {
        for target in [700, 1000, 1400] {
            let quiet = ["t2-gpu0", "t2-gpu1"].map { (100, HistoryStep.workload($0, watts: 150)) }
            expectWell(seeds: 1...4, quiet + [(100, active(1, [hint("t2", .powerCap, target)])), (30_000, .calm)])
        }
    }

    /// The tray had turned out to have no limit, and only its own part of the rack's throttle was lost by it.
    @Test func aThrottledRackOfTrays() {
        expectWell(seeds: 1...4, [(100, active(1, [hint("trays", .throttle)])), (1000, .calm), (100, resolved(1))])
        expectWell(seeds: 1...4, [(100, active(1, [hint("trays", .powerCap)])), (1000, .calm), (100, resolved(1))])
    }

    /// One breach was letting go of the tray when that turned out to have no limit while another one held it.
    @Test func aTrayWithoutALimitInTwoBreaches() {
        for after in stride(from: 500, through: 4500, by: 1000) {
            expectWell(
                seeds: 1...4,
                [
                    (100, .fault(node: "t1", .unreachable, seconds: 20)),
                    (100, active(1, [hint("t1", .powerCap, 1000)])),
                    (after, resolved(1)), (200, active(2, [hint("t1", .powerCap, 700)])), (30_000, resolved(2)),
                ])
        }
    }

    /// The rest of a tray rises, and a member on another feed has no meter that would tell.
    @Test func aCorrectionBesideAMemberOfAnotherFeed() {
        let busy = ["t1-gpu0", "t1-gpu1"].map { (100, HistoryStep.workload($0, watts: 1200)) }
        expectWell(
            seeds: 1...6,
            busy + [
                (100, active(1, [hint("mixed", .powerCap, 1300)])), (20_000, .rest(node: "t1", watts: 500)),
                (1000, .calm),
            ])
    }

    /// A suspension covers a member, whose own limit nobody ever looks at: the rest of the budget waited for that.
    @Test func aBudgetWithAMemberThatASuspensionCovers() {
        expectWell(
            seeds: 1070...1080,
            [
                (4059, active(1, [hint("t1", .suspend, priority: 3), hint("trays", .powerCap, 900, priority: 3)])),
                (13_006, .rest(node: "t2", watts: 400)), (11_573, .calm),
            ])
    }

    /// A later alert asked for the same without watts, and what had been asked for in watts was kept no longer.
    @Test func aBudgetThatALaterAlertPutInOtherTerms() {
        for after in [300, 2000, 17_000] {
            let quiet = ["t2-gpu0", "t2-gpu1"].map { (100, HistoryStep.workload($0, watts: 150)) }
            expectWell(
                seeds: 232...236,
                quiet + [
                    (10_671, active(2, [hint("t2", .powerCap, 700, priority: 3)])),
                    (after, active(2, [hint("t2", .powerCap, priority: 2)])), (1000, .calm),
                ])
        }
    }

    /// The limits of GPUs were said to be gone with their node's power although one of them had just been read, or the agent
    /// itself had powered it on.
    @Test func whatCameBackWithItsNodesPower() {
        expectWell(
            seeds: 3076...3080,
            [
                (
                    450,
                    active(
                        1, [hint("row", .suspend, priority: 3), hint("t1", .throttle), hint("rack", .powerCap, 2000)])
                ),
                (50_000, active(2, [hint("row", .powerCap, 3200)])), (308, .crash(after: 6, downSeconds: 5)),
                (997, resolved(1)), (10_955, .fault(node: "n1", .busyObeying, seconds: 5)), (20_000, resolved(2)),
            ])
        expectWell(
            seeds: 121...125,
            [
                (16_550, active(3, [hint("mixed", .powerCap, 900), hint("t2", .throttle)])), (37_229, .calm),
                (18_530, .foreignPower("t1", isOn: false)), (17_000, .calm),
            ])
    }

    /// Before meters had shown anything, a control that two GPUs share was counted twice, and cut by what was too much.
    @Test func aControlOfTwoGPUsWithoutAMeter() {
        expectWell(
            seeds: 120...130,
            [
                (52_421, active(1, [hint("row", .throttle), hint("t2", .powerCap, 1000)])),
                (31_853, .crash(after: 29, downSeconds: 0)), (16_446, active(2, [])), (1000, .calm), (100, resolved(1)),
            ])
    }

    /// A BMC that makes 350 W of every lower limit, which an earlier demand had asked for: that was told as applied.
    @Test func whatAnEarlierDemandHadPutThere() {
        let clamping = (1...300 as ClosedRange<UInt64>).filter { seed in
            var random = SplitMix(seed: seed)
            return VirtualBMC(node: "n1", random: &random).ways.clamp == 350
        }
        for after in [5000, 20_000] {
            expectWell(
                seeds: clamping.prefix(4),
                [
                    (100, active(1, [hint("n1", .powerCap, 350)])), (after, .foreignLimit("n1", watts: 800)),
                    (10, active(3, [hint("n1", .powerCap, 250)])), (60_000, resolved(3)), (20_000, resolved(1)),
                ])
        }
    }

    /// A cap was refused and did not take; then somebody set the very same, and lost it at the release.
    @Test func whatSomebodySetAfterOursWasRefused() {
        expectWell(
            seeds: 1...6,
            [
                (100, .fault(node: "n4", .refusing, seconds: 90)), (100, active(2, [hint("n4", .powerCap, 600)])),
                (60_000, .foreignLimit("n4", watts: 600)), (20_000, resolved(2)),
            ])
    }

    /// A group of which no more may be suspended was said to be suspended.
    @Test func aGroupThatIsSuspendedInPart() {
        expectWell(seeds: 1...8, [(100, active(1, [hint("row", .suspend)])), (30_000, .calm), (100, resolved(1))])
    }

    /// Nothing but its watch was due while one limit was held, and it was metered as rarely.
    @Test func oneLimitIsMetered() {
        expectWell(seeds: 1...3, [(100, active(2, [hint("n4", .powerCap, 600)])), (1000, .calm)])
    }

    /// A member that has come to be protected holds what it was read to hold, and counts until it is looked at again.
    @Test func aMemberThatComesToBeProtected() {
        expectWell(
            seeds: 3453...3456,
            [
                (
                    15_340,
                    .alert(
                        breach: 3, .active, isCritical: false, [hint("row", .powerCap, 3200, priority: 3)], .init())
                ),
                (19_590, .reloadSite(.protectedNode)), (1000, .calm), (1000, resolved(3)),
            ])
    }

    /// Of what is gone from the inventory nobody knows a meter.
    @Test func whatIsGoneIsNotMetered() {
        expectWell(
            seeds: 6825...6826,
            [
                (333, active(2, [hint("rack", .powerCap, 1200)])), (15_583, .reloadSite(.withoutNode)),
                (19_305, .calm), (1000, resolved(2)),
            ])
    }

    /// A BMC that made something else of two limits was tried again with one after the other, and metered in between only
    /// by luck.
    @Test func aBMCThatIsTriedAgainAndAgainIsMetered() {
        expectWell(
            seeds: 2994...2999,
            [
                (
                    12_221,
                    active(
                        1,
                        [
                            hint("rack", .powerCap, 3000), hint("row", .powerCap, 2200), hint("trays", .powerCap, 900),
                        ])
                ), (1000, .calm), (1000, resolved(1)),
            ])
    }

    /// What was measured under a cap was taken for what had been drawn before, after a restart and without.
    @Test func aBaselineFromUnderACap() {
        for crash in [1, 60] {
            expectWell(
                seeds: 1...4,
                [
                    (0, active(1, [hint("n1", .powerCap, 400)])), (20_000, .crash(after: crash, downSeconds: 1)),
                    (40_000, active(1, [hint("n1-gpu0", .powerCap, 250), hint("n1", .powerCap, 300)])),
                    (20_000, resolved(1)),
                ])
        }
    }

    /// The board around a node was capped, and what the node drew then was taken for what it had drawn before.
    @Test func aBaselineFromUnderTheCapOfTheBoardAround() {
        expectWell(
            seeds: 150...156,
            [
                (315, active(1, [hint("n1-board", .powerCap, 700), hint("t2", .powerCap, 400)])),
                (1466, active(1, [hint("row", .powerCap, 2200, priority: 3)])), (20_000, resolved(1)),
            ])
    }

    /// What a tray draws was taken for what a member draws that is not touched, since another hint had it as a member.
    @Test func aTrayThatIsTheMemberOfAnotherHint() {
        expectWell(
            seeds: 10_159...10_163,
            [
                (11_221, active(1, [hint("row", .powerCap, 2200)])), (28_873, .crash(after: 2, downSeconds: 5)),
                (6678, active(1, [hint("trays", .powerCap, 900, priority: 2)])), (20_000, resolved(1)),
            ])
    }

    /// A member that may not be written because of a freeze was said to hold its maximum, although it had just been read.
    @Test func aMemberThatIsFrozenHoldsWhatItWasReadToHold() {
        expectWell(
            seeds: 2205...2211,
            [
                (21_610, active(1, [hint("mixed", .powerCap, 1700, priority: 2)])), (18_501, .freeze),
                (457, active(2, [hint("t1-gpu0", .powerCap, 100, priority: 2)])), (19_705, resolved(1)),
            ])
    }

    /// Members that draw less than they hold were cut in vain, again and again, while a tray drew more than was known.
    @Test func cutsThatTakeTheirTime() {
        expectWell(
            seeds: 397023...397023,
            [
                (9526, active(1, critical: false, [hint("row", .powerCap, 1500)])), (3412, .reloadMode(.observe)),
                (33_967, .rest(node: "t1", watts: 400)),
                (
                    11_156,
                    .alert(
                        breach: 1, .active, isCritical: false,
                        [hint("n2", .powerCap, 600, priority: 3), hint("trays", .powerCap, 900, priority: 2)],
                        .init(copies: 1, delay: 40_000, skew: -200, isForged: false))
                ), (1568, .calm),
            ])
    }
}
