import PowerEvents
import Testing

/// Histories in which what is begun first was taken for wrong, or was wrong; each with what it was.
@Suite struct KnownOrderHistories {
    private func cap(_ name: String, _ watts: Int?, priority: Int) -> ShedHint {
        ShedHint(
            resourceID: name, resourceType: name.contains("board") ? .chassis : name.contains("gpu") ? .gpu : .node,
            action: .powerCap, priority: priority,
            targetPower: watts.map { PowerQuantity(watts: Watts($0), unit: .watt) })
    }

    private func expectWell(
        seeds: some Sequence<UInt64>, _ moments: [(Int, HistoryStep)], _ location: SourceLocation = #_sourceLocation
    ) {
        for seed in seeds {
            let run = HistoryRun(
                History(seed: seed, moments: moments.map { History.Moment(after: $0.0, step: $0.1) }))
            #expect(run.violation == nil, "\(run.table)", sourceLocation: location)
        }
    }

    private func alert(_ breach: Int, _ status: BreachAlert.Status, _ hints: [ShedHint]) -> HistoryStep {
        .alert(breach: breach, status, isCritical: false, hints, .init())
    }

    /// A look of the patrol was under way at the first BMC, and the second did not wait for its end.
    @Test func aLookOfThePatrolEndsWithItsRequest() {
        expectWell(
            seeds: 31_541...31_541,
            [
                (170, alert(1, .active, [cap("n1-gpu0", 100, priority: 2), cap("n2", nil, priority: 3)])),
                (20_000, alert(1, .resolved, [])),
            ])
    }

    /// What had waited for its turn was asked for with more urgency by a breach that was known before.
    @Test func whatWaitsIsAskedForByAnotherBreach() {
        expectWell(
            seeds: 21_796...21_800,
            [
                (31_914, alert(3, .escalated, [])),
                (
                    11_780,
                    alert(
                        2, .active,
                        [
                            cap("n1-board", 700, priority: 2), cap("n1-gpu1", 200, priority: 1),
                            cap("n1", 900, priority: 3),
                        ])
                ), (1960, alert(3, .active, [cap("n1", nil, priority: 1)])), (20_000, alert(2, .resolved, [])),
                (100, alert(3, .resolved, [])),
            ])
    }
}
