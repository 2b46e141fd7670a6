import PowerEvents
import Shedding
import Testing

/// Histories in which a restart, a reload or a race left something behind; each with what it was.
@Suite struct KnownRestartHistories: HistoryWords {
    /// The inventory gave a node another address while no process ran, and it was held at the old one.
    @Test func anAddressThatChangedMeanwhile() {
        expectWell(
            seeds: 44886...44886, trays: true,
            [
                (
                    31088,
                    .alert(breach: 2, .active, isCritical: true, [hint("row", .powerCap, 1500, priority: 3)], .init())
                ),
                (936, .crash(after: 19, downSeconds: 45)),
                (10477, .reloadSite(HistorySite.Variant.otherAddress)),
                (21946, .calm),
            ])
    }

    /// So did a reload while a control was at work, whose end claimed the old address again.
    @Test func anAddressThatChangedDuringARun() {
        expectWell(
            seeds: 36721...36721,
            [
                (
                    427,
                    .alert(
                        breach: 1, .active, isCritical: true,
                        [
                            hint("n1", .powerCap, 900, priority: 1), hint("n1-gpu0", .powerCap, priority: 2),
                            hint("n3-gpu1", .powerCap, 400, priority: 2),
                        ], .init())
                ),
                (
                    19407,
                    .alert(
                        breach: 3, .active, isCritical: false,
                        [hint("rack", .throttle, priority: 2), hint("n1-board", .powerCap, 500, priority: 1)],
                        .init(copies: 1, delay: 50, skew: 0, isForged: false))
                ),
                (610, .reloadSite(HistorySite.Variant.otherAddress)),
            ])
    }

    /// What a parked breach had let go of before was taken up anew, and kept for ever.
    @Test func aParkedBreachThatWasBeingReleased() {
        expectWell(
            seeds: 31955...31955,
            [
                (45, .alert(breach: 3, .resolved, isCritical: false, [], .init())),
                (575, .clockJump(seconds: -7200)),
                (
                    32869,
                    .alert(
                        breach: 1, .active, isCritical: true,
                        [hint("n2-gpu1", .powerCap, 400, priority: 2), hint("n1-gpu0", .suspend, priority: 1)], .init())
                ),
                (1167, .crash(after: 38, downSeconds: 1)),
                (
                    5407,
                    .alert(
                        breach: 1, .resolved, isCritical: false, [],
                        .init(copies: 1, delay: 5000, skew: 0, isForged: false))
                ),
                (11425, .operatorRelease(breach: 1, isHurried: true)),
            ])
    }

    /// What a suspension covers for an open breach was let go of with a breach that was over.
    @Test func coveredForAnotherBreach() {
        expectWell(
            seeds: 331120...331120,
            [
                (
                    368,
                    .alert(
                        breach: 1, .active, isCritical: false,
                        [hint("n2-gpu0", .powerCap, 900, priority: 2), hint("n2", .suspend, priority: 2)], .init())
                ),
                (
                    14645,
                    .alert(
                        breach: 2, .active, isCritical: true,
                        [hint("n3-gpu0", .powerCap, 100, priority: 1), hint("n2-gpu0", .suspend, priority: 3)], .init())
                ),
                (
                    580,
                    .alert(
                        breach: 2, .resolved, isCritical: false, [], .init(copies: 2, delay: 0, skew: 0, isForged: true)
                    )
                ),
                (167, .alert(breach: 1, .active, isCritical: false, [], .init())),
            ])
    }

    /// A drill went on after `mode: observe`, long after its time.
    @Test func aDrillBeforeObserve() {
        expectWell(
            seeds: 329380...329380,
            [
                (93, .drill(["store", "n2-gpu0", "n1-gpu0"], percent: 80, seconds: 1)),
                (105, .reloadMode(Mode.observe)),
                (49436, .foreignLimit("n3-gpu1", watts: Optional(1000))),
            ])
    }

    /// A write that came too late was withdrawn, and its prior taken up again from the record.
    @Test func aRecordThatWasWithdrawn() {
        expectWell(
            seeds: 82080...82080, trays: true,
            [
                (14759, .fault(node: "t1", HistoryStep.FaultKind.racing, seconds: 20)),
                (
                    10501,
                    .alert(
                        breach: 1, .active, isCritical: false,
                        [hint("rack", .powerCap, 3000, priority: 1), hint("trays", .powerCap, 2600, priority: 2)],
                        .init())
                ),
                (15097, .alert(breach: 2, .resolved, isCritical: false, [], .init())),
            ])
    }

    /// A refused fragment was sent again to a limit that had got another dialect.
    @Test func aFragmentSentAgainElsewhere() {
        expectWell(
            seeds: 317965...317965,
            [
                (11986, .reloadPolicy(3)),
                (
                    27991,
                    .alert(
                        breach: 1, .active, isCritical: true, [hint("n1-gpu0", .suspend, priority: 2)],
                        .init(copies: 2, delay: 0, skew: 0, isForged: true))
                ),
                (
                    15467,
                    .alert(
                        breach: 1, .active, isCritical: true,
                        [hint("n3-gpu0", .throttle, priority: 3), hint("n2-gpu0", .throttle, priority: 2)],
                        .init(copies: 2, delay: 0, skew: 200, isForged: false))
                ),
                (9285, .operatorRelease(breach: 1, isHurried: true)),
                (563, .fault(node: "n1", HistoryStep.FaultKind.refusing, seconds: 90)),
                (323, .move("n1-gpu0")),
            ])
    }

    /// Somebody had raised a limit before a write that the BMC ignored, and it was taken for what the BMC made of that.
    @Test func aRaisedLimitIsNotOurs() {
        expectWell(
            seeds: 431638...431638,
            [
                (
                    4781,
                    .alert(
                        breach: 3, .active, isCritical: true, [hint("n2-gpu0", .suspend, priority: 2)],
                        .init(copies: 1, delay: 40000, skew: 0, isForged: false))
                ),
                (40303, .fault(node: "n2", HistoryStep.FaultKind.ignoring, seconds: 20)),
                (1005, .foreignLimit("n2-gpu0", watts: Optional(800))),
                (
                    19097,
                    .alert(
                        breach: 3, .resolved, isCritical: false, [],
                        .init(copies: 2, delay: 0, skew: 0, isForged: false))
                ),
            ])
    }

    /// A cap was written while its machine went down by our word, went with the power, and was not put back.
    @Test func aCapOnItsWayDown() {
        expectWell(
            seeds: 476914...476914,
            [
                (
                    18969,
                    .alert(
                        breach: 1, .escalated, isCritical: true,
                        [hint("rack", .suspend, priority: 2), hint("n2", .powerCap, 250, priority: 1)], .init())
                ),
                (
                    3418,
                    .alert(
                        breach: 1, .escalated, isCritical: false, [hint("n1-gpu1", .powerCap, 250, priority: 1)],
                        .init(copies: 1, delay: 700, skew: 0, isForged: false))
                ),
                (13322, .foreignPower("n1", isOn: true)),
                (7637, .alert(breach: 1, .resolved, isCritical: false, [], .init())),
            ])
    }

    /// An intent was durable, then a mark on its control that was made meanwhile took it back, and the write went out.
    @Test func aMarkThatTakesBackAnIntent() {
        expectWell(
            seeds: 40477...40477,
            [
                (
                    98,
                    .alert(
                        breach: 1, .escalated, isCritical: true,
                        [hint("n1-gpu0", .powerCap, 600, priority: 3), hint("n2", .throttle, priority: 2)],
                        .init(copies: 2, delay: 0, skew: -9000, isForged: true))
                ),
                (
                    14928,
                    .alert(
                        breach: 1, .active, isCritical: true,
                        [hint("store", .powerCap, 100, priority: 3), hint("n2-gpu0", .suspend, priority: 3)],
                        .init(copies: 1, delay: 0, skew: 0, isForged: false))
                ),
                (
                    78,
                    .alert(
                        breach: 1, .active, isCritical: true, [hint("n2-gpu0", .throttle, priority: 1)],
                        .init(copies: 2, delay: 0, skew: 0, isForged: true))
                ),
                (
                    398,
                    .alert(
                        breach: 1, .active, isCritical: false, [hint("n2", .powerCap, 600, priority: 2)],
                        .init(copies: 2, delay: 0, skew: 0, isForged: true))
                ),
                (
                    11528,
                    .alert(
                        breach: 1, .escalated, isCritical: false,
                        [
                            hint("n3-gpu1", .suspend, priority: 1), hint("n2", .powerCap, 250, priority: 2),
                            hint("n1-gpu0", .suspend, priority: 1), hint("n1", .suspend, priority: 3),
                        ], .init(copies: 1, delay: 0, skew: 0, isForged: false))
                ),
            ])
    }

    /// Restores came too late again and again (412), and the last of them was taken for one that had come half about: it went
    /// over what somebody else had set.
    @Test func aRestoreThatCameTooLateAgainAndAgain() {
        expectWell(
            seeds: 280_457...280_457,
            [
                (529, .crash(after: 11, downSeconds: 5)), (34_088, .fault(node: "n2", .racing, seconds: 90)),
                (6180, active(1, [hint("n2", .powerCap, 900, priority: 1)])),
                (6116, .operatorRelease(breach: 1, isHurried: false)),
                (11_688, .operatorRelease(breach: 1, isHurried: true)),
            ])
    }
}
