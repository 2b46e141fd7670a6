import Foundation
import JOSE
import Journal
import Logging
import OpenSSL
import PowerEvents
import Shedding
import StrictJSON
import Synchronization
import TestSupport
import Testing

@testable import Agent

/// The envelope is not signed: whoever can publish can put a captured payload into as many as they like.
struct IntakeTests {
    private final class Seen: Sendable {
        let delivered = Mutex<[InboxAlert]>([])
        let refused = Mutex<[RefusalRecord]>([])
        let answers = Mutex(0)
    }

    private let folder: TemporaryFolder
    private let key: SigningKey
    private let journal: JournalDatabase
    private let handlers: BusService.Handlers
    private let seen = Seen()
    private let now = Timestamp(milliseconds: 1_800_000_000_000)
    private static let source = EventSource(role: .powerAgent, identifier: "dps")
    private static let topic = "grid/v1/poweragent/dps/powerbreach"
    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    init() throws {
        folder = try TemporaryFolder()
        key = try SigningKey(PrivateKey.generate(.p256), keyID: "k")
        try folder.write(JWKSet([key.jwk()]).json().text, to: "dps.json")
        journal = try JournalDatabase(path: folder.path("j.sqlite"))
        let seen = seen
        handlers = BusService.Handlers(
            gate: AlertGate(
                trust: try TrustStore(
                    [.init(source: Self.source.description, jwks: folder.path("dps.json"), allowUnsigned: false)],
                    logger: Self.quiet),
                topicPrefix: "", maximumAge: .seconds(10_800), logger: Self.quiet),
            journal: journal, echoes: EchoWatch(),
            refusals: RefusalLog(metrics: AgentMetrics(), logger: Self.quiet), repetitions: Repetitions(),
            record: { record in seen.refused.withLock { $0.append(record) } },
            deliver: { item in seen.delivered.withLock { $0.append(item) } },
            answerAgain: { _ in seen.answers.withLock { $0 += 1 } }, connected: {}, becameReady: { _ in })
    }

    private func payload(_ status: BreachAlert.Status, breach: Int = 1) -> [UInt8] {
        let id = UUIDText(randomBytes: [UInt8](repeating: UInt8(breach), count: 16))
        let power = PowerQuantity(watts: Watts(1000), unit: .watt)
        return BreachAlert(
            feedTag: "f", status: status, severity: .critical, breachID: id, detectedAt: now,
            targetCorrelationID: id, loadConstraint: power, measuredLoad: power
        ).json.bytes
    }

    @discardableResult
    private func send(_ payload: [UInt8], time: Duration = .zero) throws -> Bool {
        let event = CloudEvent(
            id: UUIDText(randomBytes: try RandomBytes.draw(16)), source: Self.source, type: .breachAlert,
            time: now + time, trace: TraceContext(randomBytes: Array(1...24)),
            data: .signed(try JWS.sign(payload, with: key)))
        let now = now
        return BusService.receive(
            topic: Self.topic, payload: event.json.bytes, handlers: handlers, metrics: AgentMetrics(),
            logger: Self.quiet, now: { now })
    }

    private var statuses: [BreachAlert.Status?] {
        seen.delivered.withLock { $0.map { $0.alert.breachAlert?.status } }
    }

    @Test func aCapturedPayloadInNewEnvelopesCostsNeitherDiskNorAnswers() throws {
        try send(payload(.active))
        let item = try #require(seen.delivered.withLock { $0.first })
        var batch = JournalBatch()
        batch.handled = [item.sequence]
        try journal.write([batch], now: now)
        let size = try FileManager.default.attributesOfItem(atPath: folder.path("j.sqlite-wal"))[.size] as? Int
        for number in 0..<300 {
            let times: [Duration] = [.zero, .seconds(-60), .seconds(200), .seconds(-20_000), .seconds(20_000)]
            #expect(try send(payload(.active), time: times[number % times.count]))
        }
        #expect(statuses == [.active])
        #expect(try journal.load().inbox.isEmpty)
        #expect(seen.refused.withLock { $0.isEmpty })
        #expect(seen.answers.withLock { $0 } == 1)
        let after = try FileManager.default.attributesOfItem(atPath: folder.path("j.sqlite-wal"))[.size] as? Int
        #expect(after == size)
    }

    @Test func whatIsNewIsTakenWhateverEnvelopesCopiesCameIn() throws {
        try send(payload(.active), time: .seconds(-60))
        try send(payload(.active), time: .seconds(200))
        try send(payload(.escalated))
        try send(payload(.active), time: .seconds(250))
        try send(payload(.resolved), time: .seconds(-10))
        #expect(statuses == [.active, .escalated, .resolved])
    }

    /// A copy with an unsuitable time, which is first, does not use the payload up.
    @Test func aRefusedCopyDoesNotUseThePayloadUp() throws {
        try send(payload(.active), time: .seconds(-20_000))
        try send(payload(.active), time: .seconds(20_000))
        #expect(seen.refused.withLock { $0.map(\.reason) } == ["stale", "future"])
        try send(payload(.active))
        #expect(statuses == [.active])
    }

    @Test(arguments: [-20_000, -10_900, 400, 20_000])
    func anEndOfAKnownBreachIsNeverTooOld(seconds: Int) throws {
        try send(payload(.resolved, breach: 2), time: .seconds(seconds))
        #expect(statuses.isEmpty, "of a breach that nobody knows")
        try send(payload(.active))
        try send(payload(.resolved), time: .seconds(seconds))
        #expect(statuses == [.active, .resolved])
        try send(payload(.escalated), time: .seconds(seconds))
        #expect(statuses.count == 2, "what tightens has to be in time")
    }

    @Test func aPayloadThatWasForgottenIsTakenAgain() throws {
        try send(payload(.active))
        let item = try #require(seen.delivered.withLock { $0.first })
        var batch = JournalBatch()
        batch.handled = [item.sequence]
        batch.forgotten = [item.alert.mark]
        try journal.write([batch], now: now)
        handlers.repetitions.refused(item.alert.mark.digest)
        try send(payload(.active))
        #expect(statuses.count == 1, "a moment after a refusal nothing has changed")
        let later = ContinuousClock.now + Repetitions.refuseEvery
        #expect(!handlers.repetitions.isRefused(item.alert.mark.digest, now: later))
        #expect(try !journal.hasSeen(item.alert.mark))
    }

    @Test func answersToRepetitionsAreFew() {
        let repetitions = Repetitions()
        let start = ContinuousClock.now
        let id = UUIDText(randomBytes: [1])
        #expect((0..<100).count { _ in repetitions.mayAnswer(id, now: start) } == 1)
        #expect(repetitions.mayAnswer(UUIDText(randomBytes: [2]), now: start))
        #expect(repetitions.mayAnswer(id, now: start + Repetitions.answerEvery))
    }
}
