import Foundation
import Testing

/// Whole lives of two or three agents that share a site, by the same invariants and those of ``World/checkLease(of:_:)`` and
/// beside it.
///
/// `IMA_STANDBY_HISTORIES` sets how many are run (1,000), `IMA_HISTORY_SEED` the first seed (1).
@Suite(.serialized)
struct StandbyHistoryTests {
    private static func setting(_ name: String, _ usual: Int) -> Int {
        ProcessInfo.processInfo.environment[name].flatMap(Int.init) ?? usual
    }

    @Test func standbyHistories() async {
        let count = Self.setting("IMA_STANDBY_HISTORIES", 1000)
        let first = UInt64(Self.setting("IMA_HISTORY_SEED", 1))
        let start = ContinuousClock.now
        let search = HistorySearch()
        await search.run(count) { index in
            var generator = StandbyGenerator(seed: first + UInt64(index))
            return HistoryRun(generator.make())
        }
        let isShrunk = Self.setting("IMA_HISTORY_SHRINK", 1) == 1
        if let failed = search.failed { Issue.record("\((isShrunk ? failed.shrunk() : failed).table)") }
        let seconds = start.duration(to: .now) / .seconds(1)
        print("\(count) histories of several agents, \(search.steps) steps, \(Int(Double(count) / seconds)) a second")
    }
}
