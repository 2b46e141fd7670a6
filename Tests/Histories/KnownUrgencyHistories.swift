import PowerEvents
import Shedding
import Testing

/// Histories in which something went ahead of what is more urgent, or never had its turn; each with what it was.
@Suite struct KnownUrgencyHistories: HistoryWords {
    /// Limits that never came to hold what they were told were tried again and again in front of a less urgent suspension on
    /// the same BMC, which was given up for want of time each time.
    @Test func whatIsTriedAgainKeepsNobodyFromEnding() {
        expectWell(
            seeds: 1...400, trays: true,
            [
                (
                    309,
                    active(
                        2, critical: true,
                        [
                            hint("t1-gpu0", .powerCap, 250, priority: 1), hint("t1-gpu1", .powerCap, 250, priority: 1),
                        ])
                ),
                (20_000, active(1, critical: true, [hint("t1", .suspend, priority: 2)])),
                (28_208, .foreignPower("t1", isOn: true)), (1000, .calm), (1000, resolved(1)), (1000, resolved(2)),
            ])
    }

    /// What was held for a breach that is over was looked at as if it were to be shed.
    @Test func aLookForABreachThatIsOver() {
        expectWell(
            seeds: 56603...56603,
            [
                (
                    527,
                    .alert(
                        breach: 2, .active, isCritical: true, [hint("n3-gpu0", .powerCap, 900, priority: 1)], .init())
                ),
                (808, .freeze),
                (4267, .alert(breach: 2, .resolved, isCritical: false, [], .init())),
                (
                    3866,
                    .alert(breach: 3, .escalated, isCritical: false, [hint("n1-gpu1", .suspend, priority: 1)], .init())
                ),
                (
                    5413,
                    .alert(
                        breach: 1, .active, isCritical: true, [hint("n2", .throttle, priority: 3)],
                        .init(copies: 2, delay: 0, skew: 0, isForged: true))
                ),
            ])
    }

    /// A limit was gathered for one write together with others, ahead of what had come in and was more urgent.
    @Test func gatheredAheadOfTheMoreUrgent() {
        expectWell(
            seeds: 49039...49039,
            [
                (
                    15,
                    .alert(
                        breach: 3, .escalated, isCritical: true, [hint("n1-gpu1", .powerCap, priority: 2)],
                        .init(copies: 2, delay: 0, skew: 0, isForged: true))
                ),
                (
                    10,
                    .alert(
                        breach: 1, .escalated, isCritical: true,
                        [hint("n1-board", .powerCap, 500, priority: 1), hint("rack", .throttle, priority: 2)],
                        .init(copies: 2, delay: 0, skew: 0, isForged: false))
                ),
            ])
    }

    /// A breach that is over lent its priority to what another one asked for.
    @Test func aPriorityOfABreachThatIsOver() {
        expectWell(
            seeds: 63912...63912, trays: true,
            [
                (
                    39672,
                    .alert(
                        breach: 1, .active, isCritical: false,
                        [hint("t1", .powerCap, 1400, priority: 1), hint("t2", .powerCap, 600, priority: 1)],
                        .init(copies: 1, delay: 0, skew: -200, isForged: false))
                ),
                (6047, .calm),
                (7897, .alert(breach: 1, .resolved, isCritical: false, [], .init())),
                (
                    3766,
                    .alert(
                        breach: 2, .escalated, isCritical: false,
                        [hint("t1", .throttle, priority: 3), hint("n2-gpu0", .powerCap, 100, priority: 3)], .init())
                ),
            ])
    }

    /// What a BMC was begun with had come to nothing, and its next went ahead of another BMC's.
    @Test func whatWasBegunCameToNothing() {
        expectWell(
            seeds: 228068...228068,
            [
                (206, .crash(after: 0, downSeconds: 45)),
                (429, .alert(breach: 2, .active, isCritical: true, [hint("rack", .throttle, priority: 2)], .init())),
                (572, .alert(breach: 2, .resolved, isCritical: false, [], .init())),
                (
                    5828,
                    .alert(
                        breach: 3, .active, isCritical: true,
                        [hint("n3-gpu1", .throttle, priority: 3), hint("store", .powerCap, 600, priority: 2)],
                        .init(copies: 1, delay: 50, skew: 0, isForged: false))
                ),
            ])
    }

    /// Whenever its turn came to be metered, something else was due as well.
    @Test func aMeterThatWasNeverItsTurn() {
        expectWell(
            seeds: 63675...63675, trays: true,
            [
                (
                    36,
                    .alert(
                        breach: 2, .escalated, isCritical: false,
                        [
                            hint("mixed", .powerCap, 1700, priority: 2), hint("n2", .powerCap, 600, priority: 2),
                            hint("t1", .suspend, priority: 2), hint("rack", .powerCap, 3000, priority: 2),
                        ], .init())
                ),
                (9466, .crash(after: 35, downSeconds: 0)),
                (
                    21268,
                    .alert(breach: 2, .active, isCritical: true, [hint("mixed", .powerCap, 900, priority: 3)], .init())
                ),
                (8408, .calm),
            ])
    }
}
