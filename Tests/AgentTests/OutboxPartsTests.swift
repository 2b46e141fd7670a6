import JOSE
import Journal
import OpenSSL
import PowerEvents
import Shedding
import StrictJSON
import Synchronization
import Testing

@testable import Agent

/// What the outbox does with events that a broker does not take, and with reports that cannot be signed.
struct OutboxPartsTests {
    private struct NoKey: Error {}

    private let now = Timestamp(milliseconds: 1_800_000_000_000)
    private let id = UUIDText(randomBytes: [1])
    private let start = ContinuousClock.now

    private func report(_ count: Int, _ action: Enforcement.Action = .applied, breach: Int = 7) -> Report {
        let results = (0..<count).map {
            EnforcementResult(
                resourceID: "node-\($0)", resourceType: .node, requestedAction: .powerCap, code: .applied,
                message: String(repeating: "m", count: 100))
        }
        return Report(
            enforcement: Enforcement(
                breachID: UUIDText(randomBytes: [UInt8](repeating: UInt8(breach), count: 16)), feedTag: "f",
                action: action, code: .success, results: results, timestamp: now),
            origin: .init(
                source: "//grid/v1/poweragent/a", trace: TraceContext(randomBytes: Array(1...24)), correlationID: id))
    }

    private func composer() throws -> EventComposer {
        EventComposer(
            source: EventSource(role: .infra, identifier: "i"), topicPrefix: "",
            key: try SigningKey(PrivateKey.generate(.p256), keyID: "k"), maximumEventBytes: 1 << 20)
    }

    private func enforcement(_ event: OutboxEvent) throws -> Enforcement {
        guard case .signed(let token) = try CloudEvent(decoding: event.payload).data else { throw NoKey() }
        let payload = try #require(Base64URL.decode(token.split(separator: ".")[1].utf8))
        return try Enforcement(json: JSONValue(parsing: payload))
    }

    @Test func anEventThatIsTooLargeIsDividedWithoutLosingAResult() throws {
        let composer = try composer()
        let event = try #require(try composer.compose(report(500), now: now).first)
        let parts = try #require(try composer.divide(event, now: now))
        #expect(parts.count > 1)
        #expect(parts.allSatisfy { $0.payload.count <= event.payload.count / 4 })
        #expect(try parts.flatMap { try enforcement($0).results } == report(500).enforcement.results)
        #expect(Set(parts.map(\.eventID)).count == parts.count)
        let original = try CloudEvent(decoding: event.payload)
        for part in parts {
            let cloudEvent = try CloudEvent(decoding: part.payload)
            #expect(cloudEvent.trace?.traceID == original.trace?.traceID)
            #expect(cloudEvent.correlationID == original.correlationID)
        }
        // What the broker does not take is not tried again with the next report.
        #expect(try composer.compose(report(500), now: now).count == parts.count)
        let single = try #require(try composer.compose(report(1), now: now).first)
        #expect(try composer.divide(single, now: now) == nil)
    }

    @Test func anEventIsGivenUpOnlyWhereAConnectionLivesWithoutIt() {
        var suspects = OutboxSuspects()
        #expect(suspects.ended(id) == .heldBack)
        // Something else ends connections: two clients with one id, or a bad line.
        for second in 0..<60 {
            let held = suspects.heldBack(isConnected: second % 3 != 0, now: start + .seconds(second))
            #expect(held == [id])
        }
        for second in 60..<66 { _ = suspects.heldBack(isConnected: true, now: start + .seconds(second)) }
        let held = suspects.heldBack(isConnected: true, now: start + .seconds(66))
        #expect(held.isEmpty, "it is tried once more")
        #expect(suspects.ended(id) == .guilty)
        #expect(suspects.ended(id) == .heldBack, "and is then known no more")
        suspects.acquit(id)
        let none = suspects.heldBack(isConnected: true, now: start + .seconds(67))
        #expect(none.isEmpty)
    }

    @Test func aReportThatCannotBeSignedIsKeptUntilItCan() throws {
        let journal = try JournalDatabase()
        let isKeyThere = Mutex(false)
        let key = try SigningKey(PrivateKey.generate(.p256), keyID: "k")
        let composer = EventComposer(
            source: EventSource(role: .infra, identifier: "i"), topicPrefix: "", maximumEventBytes: 1 << 20
        ) { payload in
            guard isKeyThere.withLock({ $0 }) else { throw NoKey() }
            return try JWS.sign(payload, with: key)
        }
        var waiting = UnsignedReports(try journal.load().unsigned)
        var batch = JournalBatch()
        waiting.compose(report(2), with: composer, now: now, into: &batch)
        waiting.compose(report(3), with: composer, now: now, into: &batch)
        waiting.compose(report(1, breach: 8), with: composer, now: now, into: &batch)
        #expect(batch.reports.isEmpty)
        try journal.write([batch], now: now)

        // The next process has them, and of one breach only the latest.
        waiting = UnsignedReports(try journal.load().unsigned)
        var next = JournalBatch()
        waiting.sign(with: composer, now: now, into: &next)
        #expect(next.isEmpty)
        isKeyThere.withLock { $0 = true }
        waiting.sign(with: composer, now: now, into: &next)
        try journal.write([next], now: now)
        #expect(waiting.isEmpty)
        #expect(try journal.load().unsigned.isEmpty)
        let sent = try journal.unpublished(limit: 10)
        #expect(try sent.map { try enforcement($0).results.count }.sorted() == [1, 3])
    }

    @Test func whatWasPutBackIsTheLastWord() throws {
        let journal = try JournalDatabase()
        let composer = try composer()
        let isBroken = EventComposer(
            source: composer.source, topicPrefix: "", maximumEventBytes: 1 << 20, sign: { _ in throw NoKey() })
        var waiting = UnsignedReports([])
        var batch = JournalBatch()
        waiting.compose(report(2), with: isBroken, now: now, into: &batch)
        try journal.write([batch], now: now)
        batch = JournalBatch()
        waiting.compose(report(2, .reverted), with: composer, now: now, into: &batch)
        try journal.write([batch], now: now)
        #expect(waiting.isEmpty)
        #expect(try journal.load().unsigned.isEmpty)
        #expect(try journal.unpublished(limit: 10).map(\.action) == [.reverted])
    }
}
