import Foundation
import Journal
import Testing

@Suite struct HistoryTests {
    @Test func randomHistories() throws {
        let count = ProcessInfo.processInfo.environment["IMA_HISTORIES"].flatMap(Int.init) ?? 20_000
        let first = ProcessInfo.processInfo.environment["IMA_HISTORY_SEED"].flatMap(UInt64.init) ?? 1
        let start = ContinuousClock.now
        var deeds = 0
        for seed in first..<(first + UInt64(count)) {
            var generator = HistoryGenerator(seed: seed)
            let history = generator.make()
            let world = World(history, journal: try JournalDatabase())
            try world.run()
            deeds += world.deeds
            if let violation = world.violation {
                Issue.record("\(violation)\n\(history.table)")
                break
            }
        }
        let seconds = start.duration(to: .now) / .seconds(1)
        print("\(count) histories, \(deeds) deeds in \(seconds) s")
    }
}
