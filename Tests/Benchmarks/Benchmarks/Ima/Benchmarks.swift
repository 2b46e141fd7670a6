import Agent
import Benchmark
import Foundation
import Journal
import PowerEvents
import Shedding
import StrictJSON

/// What the agent's own processor time goes to in a breach, part by part. `deploy/bench --micro` runs them.
let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = .init(
        metrics: [.wallClock, .cpuTotal, .peakMemoryResident], warmupIterations: 1, maxDuration: .seconds(4))

    for count in [1000, 20_000] {
        Benchmark("decode and verify an alert of \(count) hints") { benchmark in
            let (gate, topic, bytes) = try Fixtures.signedAlert(hints: count)
            benchmark.startMeasurement()
            for _ in benchmark.scaledIterations {
                blackHole(try gate.admit(topic: topic, payload: bytes, now: Fixtures.now))
            }
        }
    }

    Benchmark("plan 20000 hints") { benchmark in
        let planner = Planner(site: try Fixtures.site(20_000), policy: Policy())
        let hints = Fixtures.hints(20_000)
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations { blackHole(planner.plan(hints, feed: "main-a")) }
    }

    Benchmark("plan 100 hints of groups over 20000 nodes") { benchmark in
        let planner = Planner(site: try Fixtures.site(20_000), policy: Policy())
        let hints = Fixtures.groupHints(over: 20_000)
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations { blackHole(planner.plan(hints, feed: "main-a")) }
    }

    Benchmark("take in an alert of 10000 hints") { benchmark in
        let site = try Fixtures.site(10_000)
        let alert = Fixtures.alert(hints: 10_000)
        let origin = Breach.Origin(source: "bench", trace: nil, correlationID: nil)
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations {
            var book = Breaches(site: site, policy: Policy())
            blackHole(book.accept(alert, origin: origin, now: Fixtures.now))
            blackHole(book.takeChanges())
        }
    }

    Benchmark("make a breach of 10000 hints durable") { benchmark in
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ima-benchmark-\(getpid())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let journal = try JournalDatabase(path: folder.appendingPathComponent("journal.sqlite").path)
        var book = Breaches(site: try Fixtures.site(10_000), policy: Policy())
        let origin = Breach.Origin(source: "bench", trace: nil, correlationID: nil)
        _ = book.accept(Fixtures.alert(hints: 10_000), origin: origin, now: Fixtures.now)
        var batch = JournalBatch()
        batch.changes = book.takeChanges()
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations { try journal.write([batch], now: Fixtures.now) }
        benchmark.stopMeasurement()
        try journal.close()
    }

    Benchmark("encode and sign an event of 20000 results") { benchmark in
        let (key, enforcement) = try Fixtures.enforcement(results: 20_000)
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations { blackHole(try Fixtures.sign(enforcement, key)) }
    }

    Benchmark("make 10000 intents durable, 500 a transaction") { benchmark in
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ima-benchmark-\(getpid())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let journal = try JournalDatabase(path: folder.appendingPathComponent("journal.sqlite").path)
        let batches = try Fixtures.intents(10_000)
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations {
            for start in stride(from: 0, to: batches.count, by: 500) {
                try journal.write(Array(batches[start..<start + 500]), now: Fixtures.now)
            }
        }
        benchmark.stopMeasurement()
        try journal.close()
    }

    Benchmark("parse a Redfish answer", configuration: .init(scalingFactor: .kilo)) { benchmark in
        for _ in benchmark.scaledIterations { blackHole(try JSONValue(parsing: Fixtures.answer)) }
    }
}
