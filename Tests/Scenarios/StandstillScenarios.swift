import FleetSimulator
import Foundation
import PowerEvents
import StrictJSON
import TestSupport
import Testing

/// Nobody and nothing may hold things up: captured payloads, events too large for the broker, a journal that another
/// process has locked, and one that comes back after a month.
@Suite(.serialized)
struct StandstillScenarios {
    private func hint(_ node: String, watts: Int = 900) -> ShedHint {
        MainJobScenarios.hint(node, .node, watts: watts)
    }

    @Test(.timeLimit(.minutes(2)))
    func capturedPayloadsInNewEnvelopesHoldNothingUp() async throws {
        let stage = try await Stage()
        try await stage.startAgent()
        let old = try Stage.newBreach()
        let captured = try await stage.alert(.active, old, [hint("cpu-1")])
        _ = try await stage.report(old, .applied)
        let size = try stage.journalBytes
        let powerAgent = stage.powerAgent
        let flood = Task {
            var number = 0
            while !Task.isCancelled {
                number += 1
                var copy = captured
                copy.id = try Stage.newBreach()
                copy.time = Stage.now + .seconds(number % 2 == 0 ? -60 : 200)
                try await powerAgent.publish(copy)
            }
            return number
        }
        try await Task.sleep(for: .seconds(1))
        try await stage.alert(.escalated, old, [hint("cpu-2")])
        #expect(try await eventually(within: .seconds(60)) { stage.fleet.limit(of: "cpu-2") == 900 })
        let breach = try Stage.newBreach()
        try await stage.alert(.active, breach, [hint("cpu-3")])
        #expect(try await eventually(within: .seconds(60)) { stage.fleet.limit(of: "cpu-3") == 900 })
        try await stage.alert(.resolved, old)
        #expect(try await eventually(within: .seconds(60)) { stage.fleet.limit(of: "cpu-1") == nil })
        flood.cancel()
        let count = try await flood.value
        #expect(count > 1)
        #expect(try stage.journalBytes < size + (2 << 20), "after \(count) copies")
        await stage.tearDown()
    }

    /// One event larger than the broker takes goes out in parts, and the alerts' connection lives on.
    @Test(.timeLimit(.minutes(3)))
    func anEventThatTheBrokerDoesNotTakeIsDivided() async throws {
        let hints = (0..<300).map {
            ShedHint(resourceID: "unknown-\($0)", resourceType: .node, action: .powerCap, priority: 1)
        }
        let breach = try Stage.newBreach()
        let stage = try await Stage(broker: "max_packet_size 60000\n")
        try await stage.startAgent()
        let event = try await stage.alert(.active, breach, hints + [hint("cpu-1")])
        #expect(event.json.bytes.count < 58_000)
        let ledger = stage.ledger
        let isWhole: @Sendable () -> Bool = {
            let parts = ledger.all.compactMap(\.enforcement).filter { $0.breachID == breach }
            return Set(parts.flatMap(\.results).map(\.resourceID)).count == 301
        }
        #expect(try await eventually(within: .seconds(60)) { isWhole() }, "\(stage.log.suffix(3000))")
        #expect(stage.log.contains("sent in parts"))
        #expect(!stage.log.contains("another client"))
        #expect(await stage.page("/metrics").body.contains("ima_events_set_aside_total 0"))
        try await stage.alert(.resolved, breach)
        _ = try await stage.report(breach, .reverted, within: .seconds(60))
        #expect(stage.fleet.limit(of: "cpu-1") == nil)
        await stage.tearDown()
    }

    @Test(.timeLimit(.minutes(2)))
    func aLockedJournalDelaysCapsByLittleMore() async throws {
        let stage = try await Stage(watchEvery: "30s")
        try await stage.startAgent()
        let first = try Stage.newBreach()
        try await stage.alert(.active, first, [hint("cpu-1")])
        _ = try await stage.report(first, .applied)
        // BMCs take their time, so that the intents meet the lock.
        for bmc in stage.fleet.bmcs { bmc.latency = .milliseconds(300) }
        let second = try Stage.newBreach()
        try await stage.alert(.active, second, (2...6).map { hint("cpu-\($0)") })
        try await Task.sleep(for: .milliseconds(250))
        try stage.lockJournal(for: .seconds(8))
        let end = ContinuousClock.now
        let fleet = stage.fleet
        #expect(
            try await eventually(within: .seconds(5)) { (2...6).allSatisfy { fleet.limit(of: "cpu-\($0)") == 900 } })
        #expect(ContinuousClock.now - end < .seconds(5))
        await stage.tearDown()
    }

    @Test(.timeLimit(.minutes(2)))
    func aJournalThatComesBackAfterAMonthAsks() async throws {
        let stage = try await Stage()
        try await stage.startAgent()
        let breach = try Stage.newBreach()
        let other = try Stage.newBreach()
        try await stage.alert(.active, breach, [hint("cpu-1")])
        try await stage.alert(.active, other, [hint("cpu-2")])
        _ = try await stage.report(breach, .applied)
        _ = try await stage.report(other, .applied)
        await stage.stopAgent()
        try stage.ageJournal(days: 31)
        let writes = stage.fleet.bmcs.map(\.writes.count).reduce(0, +)

        try await stage.startAgent(waiting: false)
        #expect(try await eventually { await stage.page("/readyz").body.contains("older than max_hold") })
        #expect(await stage.readiness() == 503)
        #expect(try stage.command("status").output.contains("NOT RESUMED"))
        #expect(stage.log.contains("the journal is not resumed"))
        try await Task.sleep(for: .seconds(3))
        #expect(stage.fleet.bmcs.map(\.writes.count).reduce(0, +) == writes)
        // What is new is handled all the same.
        let new = try Stage.newBreach()
        #expect(try await eventually { await stage.page("/readyz").body.contains(#""broker":"subscribed""#) })
        try await stage.alert(.active, new, [hint("cpu-3")])
        #expect(try await stage.report(new, .applied).enforcement?.code == .success)
        // One is ended, the other taken up.
        #expect(try stage.command("release", breach.text).status == 0)
        #expect(try await eventually { stage.fleet.limit(of: "cpu-1") == nil })
        #expect(stage.fleet.limit(of: "cpu-2") == 900)
        #expect(try stage.command("resume").status == 0)
        #expect(try await eventually { await stage.readiness() == 200 })
        #expect(try stage.command("resume").status == 1)
        try await stage.alert(.resolved, other)
        #expect(try await eventually { stage.fleet.limit(of: "cpu-2") == nil })
        await stage.tearDown()
    }
}

extension Stage {
    /// What the journal takes on the disk, its log included.
    fileprivate var journalBytes: Int {
        get throws {
            try ["ima.sqlite", "ima.sqlite-wal"].map {
                try FileManager.default.attributesOfItem(atPath: folder.path($0))[.size] as? Int ?? 0
            }.reduce(0, +)
        }
    }

    /// Holds the journal's write lock in another process, and returns when that is over.
    fileprivate func lockJournal(for duration: Duration) throws {
        try python(
            """
            import sqlite3, sys, time
            c = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=5)
            c.execute('BEGIN IMMEDIATE')
            time.sleep(\(duration / .seconds(1)))
            c.execute('ROLLBACK')
            """)
    }

    /// Makes all that the journal of a stopped agent says that much older.
    fileprivate func ageJournal(days: Int) throws {
        try python(
            """
            import sqlite3, sys
            c = sqlite3.connect(sys.argv[1])
            for table, column in [('history', 'at'), ('breach', 'updated_at'), ('outbox', 'created_at'),
                                  ('outbox', 'published_at'), ('refusal', 'at'), ('seen_payload', 'seen_at'),
                                  ('heartbeat', 'at')]:
                c.execute(f'UPDATE {table} SET {column} = {column} - \(days) * 86400000')
            c.commit()
            """)
    }

    private func python(_ script: String) throws {
        let result = try ChildProcess.run("/usr/bin/env", ["python3", "-c", script, folder.path("ima.sqlite")])
        #expect(result.status == 0, "\(result.errors)")
    }
}
