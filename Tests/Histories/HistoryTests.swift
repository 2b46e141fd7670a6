import Foundation
import PowerEvents
import Testing

/// Invariants over whole lives of the agent: see ``World`` for what is watched.
///
/// `IMA_HISTORIES` sets how many random histories are run (4,000), `IMA_HISTORY_SEED` the first seed (1), `IMA_CRASHES`
/// at how many places each of a few histories is broken off (150). `IMA_HISTORY_TRACE=1` prints what was asked of the BMCs
/// in a history that goes wrong, `IMA_HISTORY_SHRINK=0` prints it as long as it is, and `IMA_HISTORY_KEEP_GOING=1` names all
/// seeds that go wrong.
@Suite(.serialized)
struct HistoryTests {
    private static func setting(_ name: String, _ usual: Int) -> Int {
        ProcessInfo.processInfo.environment[name].flatMap(Int.init) ?? usual
    }

    @Test func randomHistories() async {
        let count = Self.setting("IMA_HISTORIES", 4000)
        let first = UInt64(Self.setting("IMA_HISTORY_SEED", 1))
        let start = ContinuousClock.now
        let keepsGoing = Self.setting("IMA_HISTORY_KEEP_GOING", 0) == 1
        let search = HistorySearch(keepsGoing: keepsGoing)
        await search.run(count) { index in
            var generator = HistoryGenerator(seed: first + UInt64(index))
            return HistoryRun(generator.make())
        }
        // Who only wants to know whether one goes wrong need not wait for the shortest.
        let isShrunk = Self.setting("IMA_HISTORY_SHRINK", 1) == 1
        if keepsGoing, !search.failedSeeds.isEmpty {
            Issue.record("\(search.failedSeeds.count) go wrong: \(search.failedSeeds)")
        } else if let failed = search.failed {
            Issue.record("\((isShrunk ? failed.shrunk() : failed).table)")
        }
        let seconds = start.duration(to: .now) / .seconds(1)
        print("\(count) histories, \(search.steps) steps, \(Int(Double(count) / seconds)) histories a second")
    }

    /// The same history again and again, with a crash at each thing that the agent does in it.
    @Test(arguments: [11, 12, 13, 14, 15, 16])
    func crashesAtEveryStep(seed: UInt64) async {
        var generator = HistoryGenerator(seed: seed)
        var history = generator.make()
        history.moments.removeAll { if case .crash = $0.step { true } else { false } }
        let base = history
        let unharmed = HistoryRun(base)
        if unharmed.violation != nil { Issue.record("\(unharmed.shrunk().table)") }
        // In a history that is mostly waiting, most of what is done is looking at the clock.
        let stride = max(1, unharmed.steps / Self.setting("IMA_CRASHES", 150))
        let search = HistorySearch()
        await search.run(unharmed.steps / stride) { HistoryRun(base, crashAt: $0 * stride + 1) }
        if let failed = search.failed { Issue.record("\(failed.shrunk().table)") }
    }

    /// An alert of the largest that a power agent sends, over a site that knows few of its names.
    @Test func twentyThousandHints() {
        let cap = ShedHint(
            resourceID: "n1", resourceType: .node, action: .powerCap, priority: 1,
            targetPower: PowerQuantity(watts: Watts(400), unit: .watt))
        let run = HistoryRun(
            History(
                seed: 2,
                moments: [
                    .init(after: 100, step: .largeAlert(breach: 1, [cap], unknown: 20_000)),
                    .init(after: 2000, step: .crash(after: 0, downSeconds: 1)),
                    .init(after: 20_000, step: .alert(breach: 1, .resolved, isCritical: false, [], .init())),
                ]))
        #expect(run.violation == nil, "\(run.violation ?? "")")
    }
}
