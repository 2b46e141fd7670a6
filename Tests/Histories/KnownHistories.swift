import PowerEvents
import Testing

/// Histories in which something once went wrong, shortened to what it takes, each with what it was.
@Suite struct KnownHistories {
    private func hint(_ name: String, _ action: ShedAction, _ watts: Int? = nil, priority: Int) -> ShedHint {
        ShedHint(
            resourceID: name, resourceType: name == "rack" ? .chassis : name.contains("gpu") ? .gpu : .node,
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

    private func expectWell(
        seed: UInt64, _ moments: [(Int, HistoryStep)], _ location: SourceLocation = #_sourceLocation
    ) {
        let run = HistoryRun(
            History(seed: seed, moments: moments.map { History.Moment(after: $0.0, step: $0.1) }))
        #expect(run.violation == nil, "\(run.table)", sourceLocation: location)
    }

    /// The step that lets go did nothing while frozen, and nobody came back to close the breach.
    @Test func resolvedWhileFrozen() {
        expectWell(
            seed: 22,
            [
                (400, .freeze), (500, active(2, [hint("n1-gpu0", .powerCap, priority: 2)])), (7000, resolved(2)),
            ])
    }

    /// A prior that was read and then not needed was kept, and restored although the machine had long changed.
    @Test func aPriorFromBeforeTheFirstWrite() {
        expectWell(
            seed: 136,
            [
                (33_509, active(1, [hint("rack", .throttle, priority: 3)])), (16_587, .calm), (24_626, .reboot("n2")),
                (3352, resolved(1)),
            ])
    }

    /// One breach's hint was dropped before it began, and with it the control that another breach was still releasing.
    @Test func twoBreachesLetGoOfOneControl() {
        expectWell(
            seed: 1009,
            [
                (28_192, active(2, [hint("rack", .suspend, priority: 3), hint("rack", .throttle, priority: 3)])),
                (19_027, active(1, critical: true, [hint("n2", .powerCap, 900, priority: 3)], late: 700)),
                (16_668, resolved(2)), (11_362, resolved(1)),
            ])
    }

    /// A node that this agent shut down came back with its GPU's limit gone, which was taken for somebody else's doing.
    @Test func aLimitLostByOurOwnShutdown() {
        expectWell(
            seed: 12,
            [
                (543, active(1, critical: true, [hint("n1-gpu0", .powerCap, priority: 2)])), (50_000, .calm),
                (349, active(1, [hint("n1", .suspend, priority: 1)])), (6662, resolved(1)),
            ])
    }

    /// Looking at what was not let go yet counted as the end of its release, and the breach was closed early.
    @Test func aBreachClosedBeforeAllOfItWasBack() {
        expectWell(
            seed: 200_021,
            [
                (
                    66_358,
                    active(
                        1, critical: true,
                        [
                            hint("n3", .throttle, priority: 3), hint("n2", .powerCap, 100, priority: 3),
                            hint("n1", .powerCap, 250, priority: 3), hint("n1", .powerCap, 400, priority: 2),
                        ])
                ), (21_870, resolved(1)),
            ])
    }

    /// A node that was still being powered on did not count among those that are down.
    @Test func suspendsWhileAnotherNodeComesBack() {
        expectWell(
            seed: 202_885,
            [
                (22_829, active(2, critical: true, [hint("n4", .suspend, priority: 3)])),
                (23_311, .operatorRelease(breach: 2)),
                (10_553, active(1, critical: true, [hint("rack", .suspend, priority: 1)])),
                (1494, .calm),
            ])
    }

    /// A report said that a suspend held while the agent had just read that somebody had powered the node on.
    @Test func aReportWhileAHoldIsPutBack() {
        expectWell(
            seed: 300_214,
            [
                (
                    13_219,
                    active(2, [hint("n3", .powerCap, 100, priority: 1), hint("n1", .powerCap, 600, priority: 3)])
                ),
                (9121, active(1, critical: true, [hint("rack", .suspend, priority: 3)])),
                (7885, active(2, critical: true, [hint("n1", .suspend, priority: 2)])), (18_682, .calm),
                (12_933, .foreignPower("n1", isOn: true)), (3296, resolved(1)), (11_814, resolved(2, late: 700)),
            ])
    }

    /// The node was still on when its suspend was released, and went down only then.
    @Test func aShutdownThatComesAfterItsRelease() {
        expectWell(
            seed: 303_890,
            [
                (498, active(1, critical: true, [hint("n2", .powerCap, 600, priority: 2)])),
                (11_444, active(1, critical: true, [hint("n2", .suspend, priority: 2)])), (386, resolved(1)),
                (122, .crash(after: 25, downSeconds: 1)),
            ])
    }

    /// An operator's freeze was forgotten by a restart.
    @Test func frozenOverARestart() {
        expectWell(
            seed: 7,
            [
                (100, .freeze), (500, .crash(after: 0, downSeconds: 1)),
                (3000, active(1, critical: true, [hint("n1", .powerCap, 600, priority: 1)])), (5000, resolved(1)),
            ])
    }

    /// What failed to be written was tried again behind what came later, and brought back an older state.
    @Test func theDiskFailsAndEverythingStaysInOrder() {
        expectWell(
            seed: 3,
            [
                (
                    100,
                    active(
                        1, critical: true,
                        [hint("n1", .powerCap, 600, priority: 1), hint("n2", .powerCap, 600, priority: 1)])
                ),
                (300, .badDisk(seconds: 1)), (20, .operatorRelease(breach: 1)),
                (900, .crash(after: 30, downSeconds: 1)),
            ])
    }
}
