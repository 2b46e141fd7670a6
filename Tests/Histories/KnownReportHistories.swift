import PowerEvents
import Shedding
import Testing

/// Histories in which a report said what was not so, or nothing of what was; each with what it was.
@Suite struct KnownReportHistories: HistoryWords {
    /// A member that came to be protected while it was held counted twice: by what it holds and by what it draws.
    @Test func aMemberThatCameToBeProtectedCountsOnce() {
        expectWell(
            seeds: 15816...15816, trays: true,
            [
                (
                    15237,
                    .alert(
                        breach: 1, .escalated, isCritical: true,
                        [hint("t2", .powerCap, 1400, priority: 1), hint("row", .powerCap, 2200, priority: 1)], .init())
                ),
                (16393, .reloadSite(HistorySite.Variant.protectedNode)),
                (
                    10340,
                    .alert(breach: 1, .escalated, isCritical: false, [hint("t2", .powerCap, 100, priority: 1)], .init())
                ),
            ])
    }

    /// What had been put back was said to be untouched, once another breach let go of it without having begun.
    @Test func whatWasPutBackStaysSaid() {
        expectWell(
            seeds: 49987...49987,
            [
                (
                    19674,
                    .alert(
                        breach: 1, .active, isCritical: true,
                        [
                            hint("n3", .powerCap, 250, priority: 3), hint("n1", .powerCap, 900, priority: 1),
                            hint("n1-gpu1", .suspend, priority: 3),
                        ], .init(copies: 1, delay: 0, skew: 200, isForged: false))
                ),
                (23317, .alert(breach: 1, .resolved, isCritical: false, [], .init())),
                (
                    7378,
                    .alert(breach: 2, .escalated, isCritical: false, [hint("n3", .powerCap, 250, priority: 2)], .init())
                ),
                (35, .alert(breach: 2, .resolved, isCritical: false, [], .init())),
            ])
    }

    /// What ended in `mode: observe` was never said, not even afterwards.
    @Test func anEndInObserveIsSaidAfterwards() {
        expectWell(
            seeds: 55243...55243,
            [
                (
                    9389,
                    .alert(
                        breach: 2, .active, isCritical: false,
                        [
                            hint("n3", .powerCap, 400, priority: 3), hint("n1", .powerCap, 250, priority: 2),
                            hint("n1-gpu1", .powerCap, 900, priority: 1),
                        ], .init(copies: 1, delay: 0, skew: -200, isForged: false))
                ),
                (
                    30083,
                    .alert(
                        breach: 2, .resolved, isCritical: true, [],
                        .init(copies: 1, delay: 50, skew: 0, isForged: false))
                ),
                (9247, .reloadMode(Mode.observe)),
                (42118, .alert(breach: 2, .resolved, isCritical: false, [], .init())),
            ])
    }

    /// So was what an earlier process had accepted, at a start in `mode: observe`.
    @Test func aBacklogInObserve() {
        expectWell(
            seeds: 125047...125047,
            [
                (29896, .alert(breach: 1, .active, isCritical: true, [], .init())),
                (27935, .alert(breach: 2, .escalated, isCritical: false, [], .init())),
                (132, .crash(after: 9, downSeconds: 0)),
                (56, .reloadMode(Mode.observe)),
                (
                    5125,
                    .alert(
                        breach: 1, .resolved, isCritical: false, [], .init(copies: 2, delay: 0, skew: 0, isForged: true)
                    )
                ),
                (7076, .alert(breach: 2, .resolved, isCritical: false, [], .init())),
                (2351, .thaw),
            ])
    }

    /// Of two alerts that were taken in together, the first was answered as if there were no second.
    @Test func twoAlertsAtOnceHaveOneAnswer() {
        expectWell(
            seeds: 28617...28617, trays: true,
            [
                (
                    10490,
                    .alert(
                        breach: 1, .active, isCritical: true,
                        [
                            hint("t1", .powerCap, priority: 1), hint("n3", .throttle, priority: 1),
                            hint("n2-gpu0", .powerCap, 600, priority: 2),
                        ], .init())
                ),
                (24231, .crash(after: 16, downSeconds: 45)),
                (19054, .alert(breach: 1, .active, isCritical: true, [], .init())),
                (
                    135,
                    .alert(breach: 1, .escalated, isCritical: true, [hint("t1", .powerCap, 100, priority: 1)], .init())
                ),
            ])
    }

    /// A refused cap was said to be rounded to what an earlier demand had put there.
    @Test func aRefusedCapIsNotWhatAnotherDemandLeft() {
        expectWell(
            seeds: 205868...205868,
            [
                (
                    9863,
                    .alert(
                        breach: 3, .active, isCritical: false,
                        [hint("n1-gpu0", .suspend, priority: 3), hint("n2", .powerCap, priority: 2)], .init())
                ),
                (
                    19298,
                    .alert(
                        breach: 2, .escalated, isCritical: false,
                        [hint("n3-gpu1", .suspend, priority: 3), hint("n3", .throttle, priority: 1)], .init())
                ),
                (705, .fault(node: "n2", HistoryStep.FaultKind.refusing, seconds: 20)),
                (
                    17141,
                    .alert(breach: 1, .escalated, isCritical: true, [hint("n2", .powerCap, 400, priority: 3)], .init())
                ),
                (404, .alert(breach: 1, .resolved, isCritical: true, [], .init())),
                (
                    64780,
                    .alert(breach: 2, .active, isCritical: false, [hint("n2", .powerCap, 400, priority: 2)], .init())
                ),
            ])
    }

    /// A limit was read as gone beside another that ended first, and still said to hold.
    @Test func whatIsReadAsGoneIsNotSaidToHold() {
        expectWell(
            seeds: 218435...218435,
            [
                (15454, .slowDisk(seconds: 30)),
                (
                    12575,
                    .alert(
                        breach: 3, .escalated, isCritical: true,
                        [
                            hint("n1", .suspend, priority: 2), hint("n3", .throttle, priority: 3),
                            hint("n2-gpu0", .throttle, priority: 3), hint("n2", .powerCap, 900, priority: 3),
                        ], .init(copies: 2, delay: 700, skew: 0, isForged: true))
                ),
                (94, .crash(after: 15, downSeconds: 1)),
                (17860, .crash(after: 14, downSeconds: 5)),
                (20985, .calm),
                (
                    22542,
                    .alert(
                        breach: 3, .escalated, isCritical: false, [hint("n2-gpu1", .powerCap, 900, priority: 3)],
                        .init())
                ),
                (725, .exchange(node: "n2")),
                (16165, .fault(node: "login", HistoryStep.FaultKind.refusingObeying, seconds: 5)),
            ])
    }

    /// What a BMC had made of a write was shown late, and taken for somebody else's.
    @Test func aClampThatShowsLate() {
        expectWell(
            seeds: 24661...24661,
            [
                (12167, .fault(node: "n1", HistoryStep.FaultKind.lagging, seconds: 20)),
                (
                    3284,
                    .alert(
                        breach: 1, .escalated, isCritical: false, [hint("n1-gpu0", .suspend, priority: 1)],
                        .init(copies: 2, delay: 0, skew: 0, isForged: true))
                ),
                (495, .alert(breach: 1, .resolved, isCritical: true, [], .init())),
            ])
    }

    /// Members were cut that drew less than they were cut to, again and again.
    @Test func cutsOfWhatIsNotDrawn() {
        expectWell(
            seeds: 27060...27060, trays: true,
            [
                (241, .workload("t1-gpu1", watts: 500)),
                (
                    298,
                    .alert(
                        breach: 1, .escalated, isCritical: true,
                        [
                            hint("t2-gpu1", .suspend, priority: 1), hint("mixed", .powerCap, 1300, priority: 2),
                            hint("t2", .suspend, priority: 3),
                        ], .init(copies: 1, delay: 40000, skew: 0, isForged: false))
                ),
                (18798, .rest(node: "t1", watts: 500)),
                (
                    441,
                    .alert(breach: 1, .active, isCritical: false, [hint("n1", .powerCap, 250, priority: 2)], .init())
                ),
                (1039, .calm),
            ])
    }

    /// GPUs whose host came up counted as having no limit, so that their tray was left out of a budget that was said to hold.
    @Test func aTrayThatCameUp() {
        expectWell(
            seeds: 416763...416763, trays: true,
            [
                (
                    176,
                    .alert(
                        breach: 1, .active, isCritical: true,
                        [hint("rack", .powerCap, 1200, priority: 1), hint("t2", .suspend, priority: 2)],
                        .init(copies: 1, delay: 0, skew: -9000, isForged: false))
                ),
                (3971, .operatorRelease(breach: 1, isHurried: true)),
                (
                    4910,
                    .alert(breach: 3, .escalated, isCritical: false, [hint("row", .throttle, priority: 2)], .init())
                ),
                (
                    2759,
                    .alert(
                        breach: 2, .active, isCritical: false, [hint("row", .powerCap, 3200, priority: 2)],
                        .init(copies: 1, delay: 700, skew: 0, isForged: false))
                ),
            ])
    }

    /// What a suspension did was not told of at the end, since a later alert had asked for it alone.
    @Test func aCapCoveredByAnEarlierAlert() {
        expectWell(
            seeds: 436710...436710, trays: true,
            [
                (
                    5954,
                    .alert(
                        breach: 2, .active, isCritical: true,
                        [hint("t2", .powerCap, priority: 3), hint("trays", .suspend, priority: 2)], .init())
                ),
                (
                    27016,
                    .alert(
                        breach: 2, .active, isCritical: false, [hint("t2", .powerCap, priority: 3)],
                        .init(copies: 2, delay: 0, skew: 0, isForged: true))
                ),
                (9032, .alert(breach: 2, .resolved, isCritical: false, [], .init())),
                (
                    19004,
                    .alert(breach: 1, .escalated, isCritical: false, [hint("trays", .throttle, priority: 2)], .init())
                ),
            ])
    }

    /// A cap was on its way when a breach was opened, and what it left was taken for what was drawn before.
    @Test func aBaselineWithACapOnItsWay() {
        expectWell(
            seeds: 12186...12186, trays: true,
            [
                (401, .drill(["n1", "t2-gpu0", "t1"], percent: 30, seconds: 1)),
                (265, .alert(breach: 1, .escalated, isCritical: false, [hint("row", .powerCap, priority: 3)], .init())),
            ])
    }

    /// A limit stood as asked for, was reported so, and was lost just as the breach ended: its end was not told.
    @Test func theEndOfWhatStoodAsAskedForIsTold() {
        expectWell(
            seeds: 46399...46399,
            [
                (
                    15218,
                    .alert(
                        breach: 2, .escalated, isCritical: true,
                        [hint("n3", .powerCap, priority: 2), hint("n2-gpu1", .powerCap, 250, priority: 2)],
                        .init(copies: 1, delay: 0, skew: -200, isForged: false))
                ), (1539, .calm), (17368, .reboot("n3")), (12386, resolved(2)), (1000, .calm),
            ])
    }

    /// What a suspension did was asked for in other terms, and never begun in these: its end was not told.
    @Test func theEndOfWhatIsAskedForInOtherTermsIsTold() {
        expectWell(
            seeds: 4_003_096...4_003_096,
            [
                (
                    22081,
                    .alert(
                        breach: 1, .escalated, isCritical: false,
                        [hint("n1", .suspend, priority: 1), hint("n1-gpu1", .powerCap, 900, priority: 1)], .init())
                ), (1220, .badDisk(seconds: 30)),
                (
                    18051,
                    .alert(
                        breach: 1, .active, isCritical: true, [hint("n1-gpu1", .powerCap, priority: 2)],
                        .init(copies: 1, delay: 50, skew: 200, isForged: false))
                ), (10901, resolved(1)),
            ])
        // Or as a budget, where the node was found to have no limit of its own.
        expectWell(
            seeds: 5_003_325...5_003_325, trays: true,
            [
                (
                    17217,
                    active(
                        1, critical: true,
                        [hint("trays", .suspend, priority: 2), hint("t2", .powerCap, 1000, priority: 2)])
                ),
                (
                    36491,
                    .alert(
                        breach: 1, .escalated, isCritical: true, [hint("trays", .powerCap, 2600, priority: 2)],
                        .init(copies: 2, delay: 0, skew: 200, isForged: true))
                ),
                (
                    16597,
                    .alert(breach: 1, .escalated, isCritical: true, [hint("t2", .powerCap, 250, priority: 3)], .init())
                ), (2745, resolved(1)),
            ])
    }

    /// A suspension was no longer to be read, so that what it covered was to act on its own, and never began: its end was not
    /// told.
    @Test func theEndOfWhatASuspensionDidIsTold() {
        expectWell(
            seeds: 490_601...490_601,
            [
                (
                    5253,
                    active(
                        1,
                        [
                            hint("n2-gpu1", .powerCap, 600, priority: 1), hint("rack", .suspend, priority: 2),
                            hint("n1-gpu1", .throttle, priority: 3),
                        ])
                ), (6601, .calm),
                (
                    345,
                    .alert(
                        breach: 1, .escalated, isCritical: true,
                        [hint("n1-gpu1", .powerCap, priority: 2), hint("rack", .throttle, priority: 3)],
                        .init(copies: 1, delay: 700, skew: 0, isForged: false))
                ), (588, .fault(node: "n1", .busy, seconds: 90)), (24_624, resolved(1)),
            ])
    }

    /// What was let go of was said to have failed by what another breach came to ask of it, and then not told of any more.
    @Test func whatWasLetGoOfStaysSaid() {
        expectWell(
            seeds: 489_074...489_074,
            [
                (
                    4569,
                    active(
                        1, [hint("n1-gpu0", .suspend, priority: 1), hint("n3-gpu0", .powerCap, 400, priority: 3)],
                        late: 700)
                ), (24_474, .freezePart("main-b", seconds: 90)), (579, resolved(1)),
                (9937, active(2, critical: true, [hint("n3-gpu0", .powerCap, 100, priority: 2)])),
                (7332, resolved(2)),
            ])
    }
}
