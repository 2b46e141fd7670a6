import PowerEvents
import Testing

/// Histories in which something once went wrong, shortened to what it takes, each with what it was.
@Suite struct KnownHistories {
    private func hint(_ name: String, _ action: ShedAction, _ watts: Int? = nil, priority: Int) -> ShedHint {
        ShedHint(
            resourceID: name,
            resourceType: name == "rack" || name == "n1-board" ? .chassis : name.contains("gpu") ? .gpu : .node,
            action: action, priority: priority,
            targetPower: watts.map { PowerQuantity(watts: Watts($0), unit: .watt) })
    }

    private func active(
        _ breach: Int, critical: Bool = false, _ hints: [ShedHint], late: Int = 0
    ) -> HistoryStep {
        .alert(breach: breach, .active, isCritical: critical, hints, .init(copies: 1, delay: late))
    }

    private func resolved(_ breach: Int, late: Int = 0) -> HistoryStep {
        .alert(breach: breach, .resolved, isCritical: false, [], .init(copies: 1, delay: late))
    }

    /// Lives through a history with several latencies and rules, which both come from the seed.
    private func expectWell(
        seeds: ClosedRange<UInt64>, _ moments: [(Int, HistoryStep)], _ location: SourceLocation = #_sourceLocation
    ) {
        for seed in seeds {
            // Time for the last moment to come to its effect.
            let last = History.Moment(after: 3000, step: .fault(node: "login", .lagging, seconds: 1))
            let run = HistoryRun(
                History(seed: seed, moments: moments.map { History.Moment(after: $0.0, step: $0.1) } + [last]))
            #expect(run.violation == nil, "\(run.table)", sourceLocation: location)
        }
    }

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
}
