import PowerEvents
import Shedding
import Testing

/// Histories of several agents that show what each guard is for.
@Suite struct KnownStandbyHistories: HistoryWords {
    private func standby(_ step: StandbyStep) -> HistoryStep { .standby(step) }

    /// A cap that went out before its sender died arrives when another leads and has put back, or has not begun to.
    @Test func aCapComesAfterItsRelease() {
        expectWell(
            seeds: 1...12, members: 2,
            [
                (1000, standby(.slowBMC(node: "n1", seconds: 60))),
                (100, active(1, critical: true, [hint("n1", .powerCap, 400), hint("n1-gpu0", .powerCap, 300)])),
                (250, standby(.kill(.leader, downSeconds: 5))), (4000, resolved(1)),
            ])
    }

    /// What is put back arrives when another leads and has capped anew: nobody else has changed it.
    @Test func aRestoreComesAfterAnotherCap() {
        expectWell(
            seeds: 1...12, members: 2,
            [
                (1000, active(1, critical: true, [hint("n1", .powerCap, 400), hint("n2", .powerCap, 400)])),
                (15_000, standby(.slowBMC(node: "n1", seconds: 60))), (10, resolved(1)),
                (6000, standby(.kill(.leader, downSeconds: 5))),
                (4000, active(3, critical: true, [hint("n1", .powerCap, 500)])), (50_000, resolved(3)),
            ])
    }

    /// A shutdown is on its way: the one that leads next sends none, and no power-on either, before it has come.
    @Test func aShutdownComesWhenAnotherLeads() {
        expectWell(
            seeds: 1...12, members: 2,
            [
                (1000, standby(.slowBMC(node: "n1", seconds: 60))),
                (100, active(1, critical: true, [hint("n1", .suspend)])),
                (300, standby(.pause(.leader, seconds: 8))), (30_000, resolved(1)),
            ])
        expectWell(
            seeds: 1...12, members: 3,
            [
                (1000, standby(.slowBMC(node: "n1", seconds: 60))),
                (100, active(1, critical: true, [hint("n1", .suspend)])),
                (300, standby(.kill(.leader, downSeconds: 1))), (4000, resolved(1)),
            ])
    }

    /// A plan is under way when the leader loses the store for less than its lease, and more.
    @Test func theStoreIsAwayInTheMiddleOfAPlan() {
        let troubles: [StandbyStep] = [
            .cutFromStore(.leader, seconds: 2), .cutFromStore(.leader, seconds: 4), .storeAway(seconds: 60),
        ]
        for trouble in troubles {
            expectWell(
                seeds: 25...28, trays: true, members: 2,
                [
                    (
                        31_458,
                        .largeAlert(
                            breach: 2,
                            [
                                hint("t1", .powerCap, 250, priority: 3), hint("trays", .powerCap, 2600, priority: 3),
                                hint("n2", .powerCap, 400, priority: 2), hint("row", .powerCap, priority: 3),
                            ], unknown: 298)
                    ), (507, standby(trouble)),
                    (20_390, standby(.pause(.leader, seconds: 1))),
                ])
        }
    }

    /// A release is under way when there is no store: its rest goes on when that is back.
    @Test func theStoreIsAwayInTheMiddleOfARelease() {
        expectWell(
            seeds: 25...28, trays: true, members: 2,
            [
                (
                    20_952,
                    .alert(
                        breach: 1, .escalated, isCritical: false,
                        [
                            hint("t2", .powerCap, 1000, priority: 2), hint("rack", .powerCap, 3000, priority: 3),
                            hint("t1", .powerCap, 1000, priority: 3),
                        ], .init())
                ), (12_349, resolved(1)), (6551, standby(.storeAway(seconds: 60))), (4503, resolved(2)),
            ])
    }

    /// A process that was stopped for longer than its lease goes on as if nothing had been.
    @Test func aStoppedLeaderGoesOn() {
        expectWell(
            seeds: 1...6, members: 2,
            [
                (1000, active(1, critical: true, [hint("rack", .suspend), hint("n2", .powerCap, 300)])),
                (20, standby(.pauseLeader(after: 12, seconds: 30))), (40_000, standby(.pause(.leader, seconds: 30))),
                (3000, resolved(1)),
            ])
    }

    /// Another shard suspends and lets go as it likes, and whoever leads dies over its claims.
    @Test func aShardThatDiesOverItsClaims() {
        expectWell(
            seeds: 1...12, members: 2, shards: true,
            [
                (1000, active(1, critical: true, [hint("rack", .suspend), hint("n2", .powerCap, 300)])),
                (3, standby(.kill(.leader, downSeconds: 0))), (9000, active(2, [hint("n3", .suspend)])),
                (2, standby(.loseAnswers(.leader, seconds: 2))), (9000, active(3, [hint("n4", .suspend)])),
                (1, standby(.storeAway(seconds: 10))), (20_000, resolved(1)), (300, standby(.yield)),
                (9000, active(3, [hint("n4", .suspend), hint("n1", .suspend)])), (3000, resolved(2)), (0, resolved(3)),
            ])
    }

    /// It is up as far as the first breach is concerned, and powered on with the end of the second.
    @Test func aNodeThatOneBreachLeavesUpIsSuspendedForAnother() {
        expectWell(
            seeds: 1524...1524, trays: true, members: 2, shards: true,
            [
                (18_139, active(3, critical: true, [hint("row", .suspend)])),
                (20_210, active(1, [hint("n1", .suspend)])), (16_073, resolved(1)),
            ])
    }

    /// What somebody else sets near to what was there before is theirs, although a takeover is not long ago.
    @Test func aLimitNearToThePriorIsSomebodyElses() {
        expectWell(
            seeds: 5715...5715, trays: true, members: 3,
            [
                (321, active(2, [hint("rack", .powerCap, 1200, priority: 3)])),
                (12_433, standby(.kill(.member(0), downSeconds: 0))), (3376, resolved(2, late: 700)),
                (841, .contention("n1", watts: 950, times: 2)), (8190, resolved(3)),
            ])
    }
}
