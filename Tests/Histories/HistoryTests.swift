import Foundation
import Testing

/// Invariants over whole lives of the agent: see ``World`` for what is watched.
///
/// `IMA_HISTORIES` sets how many random histories are run (10,000), `IMA_HISTORY_SEED` the first seed (1), `IMA_CRASHES`
/// at how many places each of a few histories is broken off (150).
@Suite(.serialized)
struct HistoryTests {
    private static func setting(_ name: String, _ usual: Int) -> Int {
        ProcessInfo.processInfo.environment[name].flatMap(Int.init) ?? usual
    }

    @Test func randomHistories() async {
        let count = Self.setting("IMA_HISTORIES", 10_000)
        let first = UInt64(Self.setting("IMA_HISTORY_SEED", 1))
        let start = ContinuousClock.now
        let search = HistorySearch()
        await search.run(count) { index in
            var generator = HistoryGenerator(seed: first + UInt64(index))
            return HistoryRun(generator.make())
        }
        if let failed = search.failed { Issue.record("\(failed.shrunk().table)") }
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
        if let failed = search.failed { Issue.record("with a crash at step \(failed.crashAt ?? 0): \(failed.table)") }
    }
}
