import PowerEvents
import Shedding
import Testing

/// Histories of limits that stood as they were asked for, so that nothing was written to them; each with what it was.
@Suite struct KnownStandingHistories: HistoryWords {
    /// A limit that stood as asked for went with the power that this agent switched off, and was not put back.
    @Test func aStandingLimitThatGoesWithThePower() {
        expectWell(
            seeds: 490_130...490_130,
            [
                (15_758, active(1, [hint("n1-gpu0", .suspend, priority: 1)])), (14_510, resolved(1)),
                (
                    5225,
                    active(2, [hint("n1-gpu1", .powerCap, 900, priority: 2), hint("rack", .suspend, priority: 3)])
                ),
            ])
        // By two breaches, whichever ends first.
        for order in [[1, 2], [2, 1]] {
            expectWell(
                seeds: 1...60,
                [
                    (1000, active(1, [hint("n1-gpu0", .powerCap, 1000), hint("n1-gpu1", .throttle)])),
                    (9000, active(2, [hint("n1", .suspend)])), (40_000, resolved(order[0])),
                    (30_000, resolved(order[1])),
                ])
        }
    }

    /// It was read only when its machine was on its way down already.
    @Test func aStandingLimitSeenOnTheWayDown() {
        expectWell(
            seeds: 1...300,
            [
                (1000, active(1, critical: true, [hint("n1", .suspend)])),
                (200, active(2, critical: true, [hint("n1-gpu0", .powerCap, 1000), hint("n1-gpu1", .powerCap, 1000)])),
                (40_000, resolved(1)), (30_000, resolved(2)),
            ])
    }

    /// The process died after that, and the next one knows it from the journal.
    @Test func aStandingLimitThatGoesWithThePowerAndTheProcess() {
        for after in stride(from: 2, through: 40, by: 2) {
            expectWell(
                seeds: 1...6,
                [
                    (1000, active(1, [hint("n1-gpu0", .powerCap, 1000), hint("n1-gpu1", .powerCap, 1000)])),
                    (9000, active(2, critical: true, [hint("n1", .suspend)])),
                    (0, .crash(after: after, downSeconds: 5)),
                    (40_000, resolved(2)), (1000, resolved(1)),
                ])
        }
    }

    /// Somebody else set it anew while its machine was down or up again: it is theirs, and nothing is put over it.
    @Test func aStandingLimitThatSomebodyElseChanges() {
        expectWell(
            seeds: 1...60,
            [
                (1000, active(1, [hint("n2-gpu0", .powerCap, 1000), hint("n1-gpu0", .powerCap, 1000)])),
                (9000, active(2, [hint("n1", .suspend), hint("n2", .suspend)])), (40_000, resolved(2)),
                (30_000, .foreignLimit("n1-gpu0", watts: 450)), (0, .foreignLimit("n2-gpu0", watts: 450)),
                (9000, resolved(1)),
            ])
    }

    /// Of two names of one limit, the second was seen to stand at what had been written by the first, on the way down, and by a
    /// clock that had been set back: our own cap was put back as the prior.
    @Test func aStandingLimitThatIsOurOwn() {
        expectWell(
            seeds: 5_016_602...5_016_602,
            [
                (312, .clockJump(seconds: -7200)),
                (14, active(2, critical: true, [hint("n1-board", .powerCap, 300, priority: 3)])),
                (22_647, .crash(after: 2, downSeconds: 1)),
                (15_414, active(3, [hint("rack", .throttle, priority: 2), hint("n1", .suspend, priority: 1)])),
            ])
    }
}
