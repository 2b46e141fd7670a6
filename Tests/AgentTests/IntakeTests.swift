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
        let acknowledged = Mutex(0)
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
        handlers = try Self.handlers(SQLiteStore(journal, now: { [now] in now }), seen, keys: folder.path("dps.json"))
    }

    private static func handlers(_ store: any Store, _ seen: Seen, keys: String) throws -> BusService.Handlers {
        BusService.Handlers(
            gate: AlertGate(
                trust: try TrustStore(
                    [.init(source: source.description, jwks: keys, allowUnsigned: false)], logger: quiet),
                topicPrefix: "", maximumAge: .seconds(10_800), logger: quiet),
            store: store, echoes: EchoWatch(), refusals: RefusalLog(metrics: AgentMetrics(), logger: quiet),
            repetitions: Repetitions(), record: { record in seen.refused.withLock { $0.append(record) } },
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
    private func send(
        _ payload: [UInt8], time: Duration = .zero, to handlers: BusService.Handlers? = nil
    ) async throws -> Bool {
        let event = CloudEvent(
            id: UUIDText(randomBytes: try RandomBytes.draw(16)), source: Self.source, type: .breachAlert,
            time: now + time, trace: TraceContext(randomBytes: Array(1...24)),
            data: .signed(try JWS.sign(payload, with: key)))
        let now = now
        return await BusService.receive(
            topic: Self.topic, payload: event.json.bytes, handlers: handlers ?? self.handlers, metrics: AgentMetrics(),
            logger: Self.quiet, now: { now })
    }

    private var statuses: [BreachAlert.Status?] {
        seen.delivered.withLock { $0.map { $0.alert.breachAlert?.status } }
    }

    @Test func aCapturedPayloadInNewEnvelopesCostsNeitherDiskNorAnswers() async throws {
        try await send(payload(.active))
        let item = try #require(seen.delivered.withLock { $0.first })
        var batch = JournalBatch()
        batch.handled = [item.sequence]
        try journal.write([batch], now: now)
        let size = try FileManager.default.attributesOfItem(atPath: folder.path("j.sqlite-wal"))[.size] as? Int
        let start = ContinuousClock.now
        for number in 0..<300 {
            let times: [Duration] = [.zero, .seconds(-60), .seconds(200), .seconds(-20_000), .seconds(20_000)]
            #expect(try await send(payload(.active), time: times[number % times.count]))
        }
        #expect(statuses == [.active])
        #expect(try journal.load().inbox.isEmpty)
        #expect(seen.refused.withLock { $0.isEmpty })
        // However long a busy machine takes for three hundred.
        let most = 1 + Int((ContinuousClock.now - start) / Repetitions.answerEvery)
        #expect((1...most).contains(seen.answers.withLock { $0 }))
        let after = try FileManager.default.attributesOfItem(atPath: folder.path("j.sqlite-wal"))[.size] as? Int
        #expect(after == size)
    }

    @Test func whatIsNewIsTakenWhateverEnvelopesCopiesCameIn() async throws {
        try await send(payload(.active), time: .seconds(-60))
        try await send(payload(.active), time: .seconds(200))
        try await send(payload(.escalated))
        try await send(payload(.active), time: .seconds(250))
        try await send(payload(.resolved), time: .seconds(-10))
        #expect(statuses == [.active, .escalated, .resolved])
    }

    /// A copy with an unsuitable time, which is first, does not use the payload up.
    @Test func aRefusedCopyDoesNotUseThePayloadUp() async throws {
        try await send(payload(.active), time: .seconds(-20_000))
        try await send(payload(.active), time: .seconds(20_000))
        #expect(seen.refused.withLock { $0.map(\.reason) } == ["stale", "future"])
        try await send(payload(.active))
        #expect(statuses == [.active])
    }

    @Test(arguments: [-20_000, -10_900, 400, 20_000])
    func anEndOfAKnownBreachIsNeverTooOld(seconds: Int) async throws {
        try await send(payload(.resolved, breach: 2), time: .seconds(seconds))
        #expect(statuses.isEmpty, "of a breach that nobody knows")
        try await send(payload(.active))
        try await send(payload(.resolved), time: .seconds(seconds))
        #expect(statuses == [.active, .resolved])
        try await send(payload(.escalated), time: .seconds(seconds))
        #expect(statuses.count == 2, "what tightens has to be in time")
    }

    @Test func aPayloadThatWasForgottenIsTakenAgain() async throws {
        try await send(payload(.active))
        let item = try #require(seen.delivered.withLock { $0.first })
        var batch = JournalBatch()
        batch.handled = [item.sequence]
        batch.forgotten = [item.alert.mark]
        try journal.write([batch], now: now)
        // However long this machine takes, it is a moment ago.
        handlers.repetitions.refused(item.alert.mark.digest, now: .now + .seconds(3600))
        try await send(payload(.active))
        #expect(statuses.count == 1, "a moment after a refusal nothing has changed")
        let later = ContinuousClock.now + .seconds(3600) + Repetitions.refuseEvery
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

    // MARK: A store that takes its time

    private func handlers(gate: @escaping GatedStore.Gate) throws -> BusService.Handlers {
        let store = SQLiteStore(journal, now: { [now] in now })
        return try Self.handlers(GatedStore(store, gate: gate), seen, keys: folder.path("dps.json"))
    }

    /// The broker forgets a message once it is acknowledged, so that is not before it is durable.
    @Test func anAlertIsTakenOnlyOnceItIsDurable() async throws {
        let (reached, reach) = AsyncStream<Void>.makeStream()
        let (opened, open) = AsyncStream<Void>.makeStream()
        let handlers = try handlers(gate: {
            reach.yield()
            for await _ in opened { break }
        })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                let isAcknowledged = try await send(payload(.active), to: handlers)
                #expect(isAcknowledged)
                seen.acknowledged.withLock { $0 += 1 }
            }
            for await _ in reached { break }
            #expect(seen.acknowledged.withLock { $0 } == 0)
            #expect(statuses.isEmpty)
            open.yield()
            try await group.waitForAll()
        }
        #expect(statuses == [.active])
        #expect(try journal.load().inbox.count == 1)
    }

    @Test func anAlertThatCannotBeKeptStaysWithTheBroker() async throws {
        struct Full: Error {}
        let handlers = try handlers(gate: { throw Full() })
        #expect(try await !send(payload(.active), to: handlers))
        #expect(statuses.isEmpty)
        #expect(try await send(payload(.active)))
        #expect(statuses == [.active])
    }

    /// libmosquitto's thread is given its answer when there is one.
    @Test func aForeignThreadWaitsForWhatIsAsynchronous() async {
        let answer = await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                let answer = ForeignThread.wait {
                    await Task.yield()
                    return 42
                }
                continuation.resume(returning: answer)
            }
        }
        #expect(answer == 42)
    }
}
