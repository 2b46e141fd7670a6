import PowerEvents
import Shedding
import Testing

/// Histories in which something once went wrong, shortened to what it takes, each with what it was.
@Suite struct KnownHistories: HistoryWords {
    /// The step that lets go did nothing while frozen, and nobody came back to close the breach.
    @Test func resolvedWhileFrozen() {
        expectWell(
            seeds: 390...393,
            [
                (13_358, active(1, [hint("n2", .throttle, priority: 3), hint("n4", .throttle, priority: 1)])),
                (51, .freeze), (25_872, resolved(1)),
            ])
    }

    /// A prior that was read and then not needed was kept, and restored although the machine had long changed.
    @Test func aPriorFromBeforeTheFirstWrite() {
        expectWell(
            seeds: 200...210,
            [
                (15_471, active(2, [hint("n2-gpu0", .powerCap, 400, priority: 2)])), (300, .reboot("n2")),
                (213, active(2, critical: true, [hint("n2-gpu0", .suspend, priority: 2)])), (9000, resolved(2)),
            ])
    }

    /// One breach's hint was dropped before it began, and with it the control that another breach was still releasing.
    @Test func twoBreachesLetGoOfOneControl() {
        expectWell(
            seeds: 2590...2590,
            [
                (
                    3612,
                    active(
                        3, critical: true,
                        [
                            hint("n1-gpu0", .powerCap, 900, priority: 2), hint("rack", .throttle, priority: 2),
                            hint("store", .suspend, priority: 1),
                        ])
                ),
                (
                    241,
                    active(
                        2, critical: true,
                        [hint("rack", .suspend, priority: 2), hint("n2-gpu0", .throttle, priority: 3)], late: 40_000)
                ), (24_600, .fault(node: "n3", .silentIgnoring, seconds: 90)),
                (78, active(3, [hint("n3", .suspend, priority: 2), hint("login", .throttle, priority: 2)])),
                (22_041, resolved(2)),
                (21_297, active(2, critical: true, [hint("n2", .throttle, priority: 3)])),
            ])
    }

    /// A node that this agent shut down came back with its GPU's limit gone, which was taken for somebody else's doing.
    @Test func aLimitLostByOurOwnShutdown() {
        expectWell(
            seeds: 20...26,
            [
                (
                    29_925,
                    active(
                        2, critical: true,
                        [hint("rack", .suspend, priority: 2), hint("n2-gpu1", .throttle, priority: 1)])
                ), (1000, .calm),
            ])
    }

    /// Looking at what was not let go yet counted as the end of its release, and the breach was closed early.
    @Test func aBreachClosedBeforeAllOfItWasBack() {
        expectWell(
            seeds: 1...6,
            [
                (
                    70_565,
                    active(
                        2, critical: true,
                        [hint("n1-gpu0", .powerCap, 100, priority: 3), hint("n2", .powerCap, 600, priority: 2)])
                ), (1605, active(2, [hint("n2-gpu1", .throttle, priority: 1), hint("n2", .throttle, priority: 2)])),
                (5742, resolved(2)), (4241, resolved(2)),
            ])
    }

    /// A node that was still being powered on did not count among those that are down.
    @Test func suspendsWhileAnotherNodeComesBack() {
        for after in [5300, 6000, 6700, 7400, 8000] {
            expectWell(
                seeds: 1...8,
                [
                    (1000, active(2, critical: true, [hint("n4", .suspend, priority: 3)])),
                    (23_311, .operatorRelease(breach: 2)),
                    (after, active(1, critical: true, [hint("rack", .suspend, priority: 1)])), (1494, .calm),
                ])
        }
    }

    /// A report said that a cap held while the agent had just read that it did not.
    @Test func aReportWhileAHoldIsPutBack() {
        expectWell(
            seeds: 201...201,
            [
                (
                    12_605,
                    active(
                        1, critical: true,
                        [
                            hint("n3-gpu0", .powerCap, 600, priority: 1), hint("n3-gpu1", .powerCap, 900, priority: 2),
                            hint("n2-gpu1", .throttle, priority: 1),
                        ])
                ), (14_832, .reboot("n2")),
                (16_003, .alert(breach: 1, .active, isCritical: false, [], .init(copies: 2, delay: 0))),
            ])
    }

    /// The node was still on when its suspend was released, and went down only then.
    @Test func aShutdownThatComesAfterItsRelease() {
        for crash in stride(from: 10, through: 34, by: 4) {
            expectWell(
                seeds: 1...6,
                [
                    (498, active(1, critical: true, [hint("n2", .suspend, priority: 2)])), (150, resolved(1)),
                    (50, .crash(after: crash, downSeconds: 1)),
                ])
        }
    }

    /// An operator's freeze was forgotten by a restart.
    @Test func frozenOverARestart() {
        expectWell(
            seeds: 7...9,
            [
                (100, .freeze), (500, .crash(after: 0, downSeconds: 1)),
                (3000, active(1, critical: true, [hint("n1", .powerCap, 600, priority: 1)])), (5000, resolved(1)),
            ])
    }

    /// What failed to be written was tried again behind what came later, and brought back an older state.
    @Test func theDiskFailsAndEverythingStaysInOrder() {
        for after in stride(from: 20, through: 400, by: 20) {
            expectWell(
                seeds: 1...4,
                [
                    (
                        100,
                        active(
                            1, critical: true,
                            [hint("n1", .powerCap, 600, priority: 1), hint("n2", .powerCap, 250, priority: 1)])
                    ), (after, .badDisk(seconds: 1)), (20, .operatorRelease(breach: 1)),
                    (1200, .crash(after: 3, downSeconds: 1)),
                ])
        }
    }

    /// A BMC made more of a cap than was asked; the next process wrote it again, saw no change, and left it there for good.
    @Test func whatABMCMadeOfAnEarlierProcessesWrite() {
        for after in 12...44 {
            expectWell(
                seeds: 6...6,
                [
                    (629, .crash(after: after, downSeconds: 0)),
                    (13_496, active(3, critical: true, [hint("n1-gpu0", .powerCap, 250, priority: 2)])),
                    (26_084, resolved(3, late: 5000)),
                ])
        }
    }

    /// What a BMC makes of a cap over which a process died the next process learns by writing it again, and puts back what
    /// was there. Wherever it died.
    @Test func whatABMCMadeOfAWriteOverWhichTheProcessDied() {
        let clamping = (1...200 as ClosedRange<UInt64>).filter { seed in
            var random = SplitMix(seed: seed)
            let bmc = VirtualBMC(node: "n1", random: &random)
            return bmc.ways.clamp != nil && bmc.register(of: "n1-gpu0")?.watts != bmc.ways.clamp
        }
        for seed in clamping.prefix(3) {
            for crash in 1...40 {
                let moments: [(Int, HistoryStep)] = [
                    (100, active(1, critical: true, [hint("n1-gpu0", .powerCap, 250, priority: 1)])),
                    (0, .crash(after: crash, downSeconds: 1)), (40_000, resolved(1)),
                ]
                let run = HistoryRun(
                    History(seed: seed, moments: moments.map { History.Moment(after: $0.0, step: $0.1) }),
                    excusesDeaths: false)
                #expect(run.violation == nil, "\(run.table)")
            }
        }
    }

    /// The node went to sleep between the first look at what a BMC had made and the last.
    @Test func whatABMCMadeAndNobodyReadToTheEnd() {
        expectWell(
            seeds: 92...92,
            [
                (10_421, active(1, critical: true, [hint("n2-gpu0", .powerCap, 250, priority: 3)])),
                (899, active(1, critical: true, [hint("rack", .suspend, priority: 2)])),
            ])
    }

    /// A write without an answer was repeated, and then nothing showed any more that the limit was made of it.
    @Test func whatABMCMadeBeforeTheWriteWasRepeated() {
        expectWell(
            seeds: 2574...2574,
            [
                (23_466, .fault(node: "n3", .taskLost, seconds: 90)),
                (38_380, active(2, [hint("n3-gpu0", .suspend, priority: 3)])), (15_815, resolved(2)),
            ])
    }

    /// What somebody else wrote before each of our writes (412) was taken for what the BMC had made of them.
    @Test func whatCameBeforeAWriteThatWasTooLate() {
        expectWell(
            seeds: 5248...5248,
            [
                (16_043, .fault(node: "n2", .racing, seconds: 20)),
                (
                    3545,
                    active(
                        2, critical: true,
                        [hint("n2-gpu0", .suspend, priority: 2), hint("n1", .throttle, priority: 3)])
                ), (13_039, resolved(2)),
            ])
    }

    /// The process started in mode: observe, and what it found was queued twice when that ended: never handed out.
    @Test func startedWhileObserving() {
        expectWell(
            seeds: 281...281,
            [
                (4689, active(1, [hint("n3", .throttle, priority: 3)])), (10_146, .reloadMode(.observe)),
                (16_171, .crash(after: 7, downSeconds: 45)), (1512, resolved(1)), (4885, resolved(2)),
                (4555, resolved(3)),
            ])
    }

    /// A breach without holds ended while nothing was to be published.
    @Test func theEndOfABreachWhileObserving() {
        expectWell(
            seeds: 1...2,
            [(4689, active(1, [])), (10_146, .reloadMode(.observe)), (1512, resolved(1)), (4885, resolved(2))])
    }

    /// A joint write took a limit out of the queue whose run had given way: nobody came back to it.
    @Test func aRunThatGaveWayToAJointWrite() {
        for after in stride(from: 500, through: 8000, by: 500) {
            expectWell(
                seeds: 560...560,
                [
                    (18_004, .fault(node: "n1", .ignoring, seconds: 90)),
                    (4231, active(2, critical: true, [hint("n1-gpu1", .suspend, priority: 2)])),
                    (
                        after,
                        active(
                            1, critical: true,
                            [hint("n1", .powerCap, 300, priority: 1), hint("n1-gpu0", .throttle, priority: 2)])
                    ),
                ])
        }
    }

    /// A large alert of the backlog was not laid out yet when the book was taken up: what its breach held was released.
    @Test func aLargeAlertInTheBacklog() {
        for after in 14...34 {
            expectWell(
                seeds: 5448...5448,
                [
                    (18_996, .crash(after: after, downSeconds: 5)), (5435, .flood(breaches: 3)),
                    (4235, active(1, critical: true, [hint("n2-gpu1", .powerCap, 400, priority: 3)])),
                    (230, .largeAlert(breach: 1, [hint("n1", .powerCap, 600, priority: 1)], unknown: 279)),
                    (4706, active(1, critical: true, [])),
                ])
        }
    }

    /// A cap was on its way while the inventory came to protect its node.
    @Test func protectedWhileACapIsOnItsWay() {
        expectWell(
            seeds: 5468...5468,
            [
                (3681, active(2, [hint("n2-gpu1", .powerCap, 400, priority: 3)])),
                (584, .reloadSite(.protectedNode)),
            ])
    }

    /// A BMC got another address between the looks at two names of one limit: our own cap became a prior.
    @Test func anotherAddressBetweenTwoNamesOfALimit() {
        expectWell(
            seeds: 1616...1616,
            [
                (
                    38_701,
                    active(
                        3,
                        [
                            hint("n1-gpu0", .suspend, priority: 2), hint("n1-gpu1", .throttle, priority: 1),
                            hint("n3-gpu1", .powerCap, 250, priority: 2),
                        ])
                ), (790, .reloadSite(.otherAddress)),
            ])
    }

    /// People switch on again and again what the agent suspends: it is theirs in the end.
    @Test func poweredOnAgainAndAgain() {
        let again = (0..<9).map { _ in (40_000, HistoryStep.foreignPower("n1", isOn: true)) }
        expectWell(
            seeds: 1...3,
            [(500, active(1, critical: true, [hint("n1", .suspend, priority: 1)]))] + again
                + [(40_000, .foreignPower("n1", isOn: false)), (40_000, resolved(1))])
    }

    /// A release that cannot be done while the machine is off, of what another breach has come to hold since.
    @Test func whatFailedToBePutBackAndIsHeldByAnotherBreachIsSaidToBe() {
        expectWell(
            seeds: 600...660,
            [
                (
                    11095,
                    .alert(
                        breach: 1, .active, isCritical: false,
                        [hint("n1-gpu1", .powerCap, 250, priority: 2), hint("store", .powerCap, 900, priority: 3)],
                        .init(copies: 1, delay: 0, skew: -9000, isForged: false))
                ),
                (
                    45,
                    .alert(
                        breach: 3, .active, isCritical: false, [hint("rack", .suspend, priority: 2)],
                        .init(copies: 1, delay: 0, skew: 0, isForged: false))
                ),
                (
                    4233,
                    .alert(
                        breach: 1, .resolved, isCritical: false, [],
                        .init(copies: 1, delay: 0, skew: 0, isForged: false))
                ),
                (
                    9984,
                    .alert(
                        breach: 3, .active, isCritical: true,
                        [hint("n1-gpu1", .powerCap, 400, priority: 3), hint("store", .powerCap, 100, priority: 1)],
                        .init(copies: 1, delay: 0, skew: 0, isForged: false))
                ),
            ])
    }

    /// A control that moved while the agent was away, after it had been read and before it was written.
    @Test func aControlThatMovedBeforeItsFirstWrite() {
        expectWell(
            seeds: 850...850,
            [
                (6171, .crash(after: 12, downSeconds: 45)),
                (
                    181,
                    active(
                        1, critical: true,
                        [hint("n1", .powerCap, 250, priority: 3), hint("n3-gpu1", .powerCap, 100, priority: 2)])
                ), (43830, .move("n1")), (45_000, resolved(1)),
            ])
    }
}
