import Foundation
import GRDB
import PowerEvents
import Shedding
import Site
import TestSupport
import Testing

@testable import Journal

/// What is written of a breach is as small as what has changed, and read back whole.
struct SmallRowsTests {
    private let folder: TemporaryFolder
    private let now = Timestamp(milliseconds: 1_800_000_000_000)

    init() throws { folder = try TemporaryFolder() }

    private func id(_ number: Int) -> UUIDText {
        UUIDText(randomBytes: [UInt8](repeating: UInt8(number), count: 16))
    }

    private func key(_ number: Int) -> ControlKey { ControlKey(resource: "node-\(number)", facet: .powerLimit) }

    private func plan(_ number: Int, watts: Int = 500) -> PlannedHint {
        PlannedHint(
            hint: ShedHint(
                resourceID: "node-\(number)", resourceType: .node, action: .powerCap, priority: 1,
                targetPower: PowerQuantity(watts: Watts(watts), unit: .watt)),
            verdict: .demand(.cap(Watts(watts)), of: [key(number)]))
    }

    private func breach(_ number: Int, plans: Int) -> Breach {
        var breach = Breach(
            id: id(number), origin: .init(source: "s", trace: nil, correlationID: nil), feed: "f", isCritical: true,
            openedAt: now, holdDown: .seconds(30))
        breach.plans = (0..<plans).map { plan($0) }
        return breach
    }

    @Test func changesOfOneBreachAreReadBackAsOne() throws {
        let journal = try JournalDatabase(path: folder.path("j.sqlite"))
        var breach = breach(1, plans: 4)
        var batch = JournalBatch()
        batch.changes.breaches = [breach]
        try journal.write([batch], now: now)

        breach.phase = .releasing(nextStep: now + .seconds(5))
        breach.reported = 7
        breach.plans[2] = plan(2, watts: 400)
        breach.released = [key(3)]
        breach.releaseOutcomes = [key(3): .applied()]
        batch = JournalBatch()
        batch.changes.states = [breach.withoutPlans]
        batch.changes.plans = [(breach.id, 2, breach.plans[2])]
        batch.changes.letGo = [(breach.id, key(3))]
        batch.changes.releases = [(breach.id, key(3), .applied())]
        try journal.write([batch], now: now)
        #expect(try journal.load().breaches == [breach])

        // Written whole, nothing of the small rows is left to change it.
        breach.plans = [plan(0)]
        breach.released = []
        batch = JournalBatch()
        batch.changes.breaches = [breach]
        try journal.write([batch], now: now)
        #expect(try journal.load().breaches == [breach])
        try journal.close()
    }

    /// A fall-back wrote the whole breach once for each control: gigabytes for 4,000.
    @Test func aThousandFallBacksWriteLittle() throws {
        let path = folder.path("j.sqlite")
        let journal = try JournalDatabase(path: path)
        let breach = breach(1, plans: 4000)
        var batch = JournalBatch()
        batch.changes.breaches = [breach]
        try journal.write([batch], now: now)
        try journal.checkpoint()
        for position in 0..<1000 {
            batch = JournalBatch()
            batch.changes.plans = [(breach.id, position, plan(position, watts: 450))]
            try journal.write([batch], now: now)
        }
        let log = try FileManager.default.attributesOfItem(atPath: path + "-wal")[.size] as? Int ?? .max
        #expect(log < 32 << 20)
        #expect(try journal.load().breaches.first?.plans[999] == plan(999, watts: 450))
        try journal.close()
    }

    /// Ninety breaches of 10,000 hints that are over took 20 s and 757 MB to start with.
    @Test func aStartReadsWhatIsOpen() throws {
        let journal = try JournalDatabase(path: folder.path("j.sqlite"))
        var batch = JournalBatch()
        for number in 1...40 {
            var over = breach(number, plans: 5000)
            over.phase = .closed(at: now)
            // What the book makes of it.
            over = over.withoutPlans
            batch.changes.breaches.append(over)
        }
        batch.changes.breaches.append(breach(99, plans: 10))
        try journal.write([batch], now: now)
        let contents = try journal.load()
        #expect(contents.breaches.count == 41)
        #expect(contents.breaches.map(\.plans.count).reduce(0, +) == 10)
        try journal.close()
    }

    @Test func ofABreachThatIsOverOnlyItsRowStays() throws {
        let journal = try JournalDatabase(path: folder.path("j.sqlite"))
        var breach = breach(1, plans: 3)
        var batch = JournalBatch()
        batch.changes.breaches = [breach]
        try journal.write([batch], now: now)
        batch = JournalBatch()
        batch.changes.plans = [(breach.id, 0, plan(0, watts: 1))]
        batch.changes.letGo = [(breach.id, key(0))]
        batch.changes.releases = [(breach.id, key(0), .applied())]
        breach.phase = .closed(at: now)
        batch.changes.breaches = [breach.withoutPlans]
        try journal.write([batch], now: now)
        for table in ["let_go", "plan_change", "release"] { #expect(try count(table, journal) <= 1) }
        let over = try #require(try journal.load().breaches.first)
        #expect(over.releaseOutcomes.isEmpty)
        batch = JournalBatch()
        batch.changes.removedBreaches = [breach.id]
        try journal.write([batch], now: now)
        for table in ["breach", "let_go", "plan_change", "release"] { #expect(try count(table, journal) == 0) }
        try journal.close()
    }

    private func count(_ table: String, _ journal: JournalDatabase) throws -> Int {
        try journal.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table)") ?? -1 }
    }

    // MARK: What strangers can make grow

    @Test func aPayloadIsSeenOnceInWhateverEnvelope() throws {
        let journal = try JournalDatabase(path: folder.path("j.sqlite"))
        func alert(_ event: Int, source: String, digest: String) -> AcceptedAlert {
            AcceptedAlert(
                eventID: id(event), source: source, time: now, receivedAt: now, trace: nil, correlationID: nil,
                payload: "{}", breachID: id(100), digest: digest)
        }
        let first = alert(1, source: "a", digest: "d")
        #expect(try !journal.hasSeen(first.mark))
        #expect(try !journal.knows(id(100)))
        #expect(try journal.receive(first) != nil)
        #expect(try journal.hasSeen(first.mark))
        #expect(try journal.knows(id(100)))
        #expect(try journal.receive(alert(2, source: "a", digest: "d")) == nil)
        // An id that comes again with something new to say is no reason not to hear it.
        #expect(try journal.receive(alert(1, source: "a", digest: "e")) != nil)
        #expect(try journal.receive(alert(2, source: "b", digest: "d")) != nil, "another source's affair")
        var batch = JournalBatch()
        batch.forgotten = [first.mark]
        try journal.write([batch], now: now)
        #expect(try journal.receive(alert(3, source: "a", digest: "d")) != nil)
        try journal.close()
    }

    @Test func payloadsAndRefusalsAreBoundedPerSource() throws {
        let journal = try JournalDatabase(path: folder.path("j.sqlite"))
        try journal.commit { db in
            for (source, most) in [("loud", Retention.payloadsPerSource + 50), ("quiet", 3)] {
                for number in 0..<most {
                    try db.cachedStatement(sql: "INSERT INTO seen_payload VALUES (?, ?, 'b', ?)")
                        .execute(arguments: [source, "\(number)", now.milliseconds + Int64(number)])
                }
            }
            let refusals = [
                ("stale", "loud", Retention.refusalsPerReason + 50), ("stale", "quiet", 3),
                ("bad_envelope", "x", 10), ("bad_signature", "quiet", Retention.refusalsPerReason),
                ("bad_signature", "loud", 20),
            ]
            for (reason, source, most) in refusals {
                for _ in 0..<most {
                    try db.cachedStatement(
                        sql:
                            "INSERT INTO refusal (at, reason, detail, topic, source, digest) VALUES (?, ?, '', '', ?, '')"
                    ).execute(arguments: [now.milliseconds, reason, source])
                }
            }
        }
        try journal.prune(now: now)
        #expect(try count("seen_payload", journal) == Retention.payloadsPerSource + 3)
        #expect(try journal.hasSeen(PayloadMark(source: "quiet", digest: "0")))
        #expect(try !journal.hasSeen(PayloadMark(source: "loud", digest: "0")))
        let kept = Dictionary(grouping: try journal.refusals(limit: 100_000)) { $0.reason }
        #expect(kept["stale"]?.count { $0.source == "quiet" } == 3)
        #expect(kept["stale"]?.count { $0.source == "loud" } == Retention.refusalsPerReason)
        #expect(kept["bad_envelope"]?.count == 10)
        // Whoever forges does so in anybody's name.
        #expect(kept["bad_signature"]?.count == Retention.refusalsPerReason)
        try journal.close()
    }

    // MARK: The outbox

    private func event(_ number: Int, breach: Int = 1, _ action: Enforcement.Action?, at: Duration = .zero)
        -> OutboxEvent
    {
        OutboxEvent(
            eventID: id(number), breachID: id(breach), topic: "t", payload: [1], createdAt: now + at, action: action)
    }

    private func outbox(_ reports: [[OutboxEvent]]) throws -> JournalDatabase {
        let journal = try JournalDatabase()
        var batch = JournalBatch()
        batch.reports = reports
        try journal.write([batch], now: now)
        return journal
    }

    @Test func afterAnOutageOnlyThePresentReportsGoOut() throws {
        let journal = try outbox([
            [event(1, .applied)], [event(2, .applied), event(3, .applied)], [event(4, breach: 2, .applied)],
            [event(5, .applied)], [event(6, .reverted)], [event(7, .reverted)], [event(8, breach: 3, nil)],
            [event(9, breach: 3, nil)],
        ])
        #expect(try journal.dropSuperseded(createdBefore: now) == 0)
        #expect(try journal.dropSuperseded(createdBefore: now + .seconds(1)) == 4)
        // Of each breach and action the latest, in order, under its id; of what earlier versions wrote, everything.
        #expect(try journal.unpublished(limit: 20).map(\.eventID) == [4, 5, 7, 8, 9].map { id($0) })
        #expect(try journal.unpublished(limit: 20, without: [id(1), id(3)]).map(\.eventID) == [id(4)])
    }

    @Test func anEventIsReplacedByItsPartsUnlessItsReportIsOld() throws {
        let journal = try outbox([[event(1, .applied)], [event(2, breach: 2, .applied)], [event(3, .reverted)]])
        try journal.replace(id(2), with: [event(4, breach: 2, .applied), event(5, breach: 2, .applied)])
        #expect(try journal.unpublished(limit: 20).map(\.eventID) == [1, 3, 4, 5].map { id($0) })
        try journal.replace(id(1), with: [event(6, .applied), event(7, .applied)])
        #expect(try journal.unpublished(limit: 20).map(\.eventID) == [3, 4, 5].map { id($0) })
        // The parts are one report: all of them are published again.
        try journal.markPublished([id(4), id(5)], now: now)
        var again = JournalBatch()
        again.repeated = [id(2)]
        try journal.write([again], now: now)
        #expect(try journal.unpublished(limit: 20).map(\.eventID) == [3, 4, 5].map { id($0) })
    }

    @Test func whatIsSetAsideBlocksNothing() throws {
        let journal = try outbox([[event(1, .applied)], [event(2, breach: 2, .applied)]])
        try journal.setAside(id(1), reason: "too large")
        #expect(try journal.unpublished(limit: 20).map(\.eventID) == [id(2)])
        #expect(try journal.outboxDepth() == 1)
    }

    /// A file that another process had locked, or a disk that was full, delays no write by much more than that.
    @Test func theWriterAsksAgainEverySecond() {
        var delay = Duration.milliseconds(200)
        for _ in 0..<10 {
            delay = JournalWriter.delay(after: delay)
            #expect(delay <= .seconds(1))
        }
    }
}
