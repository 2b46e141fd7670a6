import Foundation
import Journal
import PowerEvents
import Shedding
import TestSupport
import Testing

@testable import Replication

/// Figures for the documentation, by hand: `IMA_STANDBY_MEASURE=1 swift test --filter StandbyMeasurements`.
@Suite(.serialized, .enabled(if: ProcessInfo.processInfo.environment["IMA_STANDBY_MEASURE"] != nil))
struct StandbyMeasurements {
    private func quantiles(_ durations: [Duration]) -> String {
        let sorted = durations.sorted()
        func at(_ part: Double) -> String {
            String(format: "%.1f", sorted[min(sorted.count - 1, Int(Double(sorted.count) * part))] / .milliseconds(1))
        }
        return "p50 \(at(0.5)) ms, p99 \(at(0.99)) ms, worst \(at(1)) ms"
    }

    @Test func appends() async throws {
        let stage = try await StandbyStage()
        let first = try stage.member("a") { $0.ttl = .seconds(5) }
        let term = try await first.lead()
        let second = Leading(try stage.member("b") { $0.ttl = .seconds(5) })
        second.start()
        let alone = try JournalDatabase(path: stage.path("alone"))
        for (name, journal) in [("one file", alone), ("over etcd", term.journal)] {
            var serial: [Duration] = []
            for number in 0..<500 {
                let start = ContinuousClock.now
                try await Blocking.run { try journal.write([StandbyStage.batch("\(number)")], now: StandbyStage.now) }
                serial.append(.now - start)
            }
            let store = SQLiteStore(journal, now: { StandbyStage.now })
            let count = 20_000
            let start = ContinuousClock.now
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<count {
                    group.addTask {
                        try await store.append(StandbyStage.batch(String(repeating: "x", count: 400) + "\(number)"))
                    }
                }
                try await group.waitForAll()
            }
            let took = ContinuousClock.now - start
            print(
                "\(name): one after another \(quantiles(serial)); \(count) batches of 500 bytes at once: \(Int(Double(count) / (took / .seconds(1))))/s in \(store.effort.transactions) transactions"
            )
        }
        let written = first.status.applied
        let start = ContinuousClock.now
        #expect(try await eventually { second.member.status.applied >= written })
        print("the follower had everything after another \(ContinuousClock.now - start)")
        await second.stop()
        await first.end(term, yielding: false)
        await first.shutDown()
        await stage.cluster.stop()
    }

    @Test(arguments: [1, 2]) func takeovers(_ ttl: Int) async throws {
        let stage = try await StandbyStage()
        var times: [Duration] = []
        var leading = Leading(try stage.member("a") { $0.ttl = .seconds(ttl) })
        leading.start()
        while leading.current == nil { try await Task.sleep(for: .milliseconds(20)) }
        for round in 0..<10 {
            let next = Leading(try stage.member("m\(round)") { $0.ttl = .seconds(ttl) })
            next.start()
            #expect(try await eventually { next.member.status.lag != nil && next.member.status.behind == 0 })
            try await Task.sleep(for: .milliseconds(.random(in: 1000...2000)))
            let start = ContinuousClock.now
            await leading.stop()
            while next.current == nil { try await Task.sleep(for: .milliseconds(2)) }
            times.append(.now - start)
            leading = next
        }
        print("taken over after death, ttl \(ttl) s: \(quantiles(times))")
        await leading.stop()
        await stage.cluster.stop()
    }
}
