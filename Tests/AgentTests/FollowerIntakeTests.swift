import JOSE
import Journal
import Logging
import OpenSSL
import PowerEvents
import Prometheus
import Replication
import Shedding
import StrictJSON
import Synchronization
import TestSupport
import Testing

@testable import Agent

/// What a follower acknowledges to the broker, and when: nothing that the leader may yet lose.
struct FollowerIntakeTests {
    /// A clock that moves where somebody waits, and what happens meanwhile.
    private final class Course: Sendable {
        private struct State {
            var now = ContinuousClock.now
            var waits = 0
            var isAfter: (waits: Int, then: @Sendable () async throws -> Void)?
        }

        private let state = Mutex(State())
        let status = Mutex(ReplicationStatus(role: .follower, leader: "ima-a", since: Timestamp(milliseconds: 1)))

        var now: ContinuousClock.Instant { state.withLock { $0.now } }

        /// - Parameter waits: after so many of them
        func after(_ waits: Int, _ then: @escaping @Sendable () async throws -> Void) {
            state.withLock { $0.isAfter = ($0.waits + waits, then) }
        }

        func wait(_ duration: Duration) async {
            let then = state.withLock { state -> (@Sendable () async throws -> Void)? in
                state.now += duration
                state.waits += 1
                guard let (waits, then) = state.isAfter, state.waits >= waits else { return nil }
                state.isAfter = nil
                return then
            }
            do { try await then?() } catch { Issue.record(error) }
        }
    }

    private static let source = EventSource(role: .powerAgent, identifier: "dps")
    private static let topic = "grid/v1/poweragent/dps/powerbreach"
    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private let folder: TemporaryFolder
    private let key: SigningKey
    private let store: SQLiteStore
    private let gate: AlertGate
    private let metrics = AgentMetrics()
    private let course = Course()
    private let intake: FollowerIntake
    private let now = Timestamp(milliseconds: 1_800_000_000_000)

    init() throws {
        folder = try TemporaryFolder()
        key = try SigningKey(PrivateKey.generate(.p256), keyID: "k")
        try folder.write(JWKSet([key.jwk()]).json().text, to: "dps.json")
        let journal = try JournalDatabase(path: folder.path("j.sqlite"))
        store = SQLiteStore(journal, now: { [now] in now })
        gate = AlertGate(
            trust: try TrustStore(
                [.init(source: Self.source.description, jwks: folder.path("dps.json"), allowUnsigned: false)],
                logger: Self.quiet),
            topicPrefix: "", maximumAge: .seconds(10_800), logger: Self.quiet)
        intake = FollowerIntake(
            gate: gate, journal: store, status: { [course] in course.status.withLock { $0 } }, metrics: metrics,
            logger: Self.quiet, now: { [now] in now },
            time: .init(now: { [course] in course.now }, wait: { [course] in await course.wait($0) }))
    }

    private func message(
        _ status: BreachAlert.Status = .active, sent time: Duration = .zero, by signer: SigningKey? = nil
    ) throws -> [UInt8] {
        let id = UUIDText(randomBytes: [UInt8](repeating: 1, count: 16))
        let power = PowerQuantity(watts: Watts(1000), unit: .watt)
        let payload = BreachAlert(
            feedTag: "f", status: status, severity: .critical, breachID: id, detectedAt: now,
            targetCorrelationID: id, loadConstraint: power, measuredLoad: power
        ).json.bytes
        return CloudEvent(
            id: UUIDText(randomBytes: try RandomBytes.draw(16)), source: Self.source, type: .breachAlert,
            time: now + time, trace: TraceContext(randomBytes: Array(1...24)),
            data: .signed(try JWS.sign(payload, with: signer ?? key))
        ).json.bytes
    }

    /// - Returns: whether the broker may forget it
    private func receive(_ message: [UInt8]) async -> Bool { await intake.receive(topic: Self.topic, payload: message) }

    private func accepted(_ message: [UInt8]) throws -> AcceptedAlert {
        try gate.open(topic: Self.topic, payload: message, now: now)
    }

    @Test func whatIsRefusedIsNobodysToKeep() async throws {
        let stranger = try SigningKey(PrivateKey.generate(.p256), keyID: "k")
        #expect(await receive(try message(by: stranger)))
        #expect(await receive([0x7B]))
        #expect(metrics.page.contains("ima_alerts_refused_total{reason=\"bad_signature\"} 1\n"))
    }

    @Test func anAlertIsForgottenOnceTheLogHasBroughtIt() async throws {
        let message = try message()
        let alert = try accepted(message)
        let start = course.now
        course.after(3) { [store] in _ = try await store.receive(alert) }
        #expect(await receive(message))
        #expect(course.now - start < .seconds(1))
        #expect(await receive(message), "at once, when it comes again")
    }

    /// Nothing else comes over the connection meanwhile, so that it is not held for as long as it takes.
    @Test func withoutTheLogItStaysTheBrokers() async throws {
        let start = course.now
        #expect(await receive(try message()) == false)
        #expect(course.now - start > FollowerIntake.longestHold)
    }

    /// One leader, up and in step, made nothing of it for a minute: it never will.
    @Test func aMinuteOfOneLeaderIsEnough() async throws {
        let message = try message()
        let start = course.now
        var handedOut = 1
        while await !receive(message) { handedOut += 1 }
        #expect(course.now - start >= FollowerIntake.longestWait)
        #expect(handedOut == 3)
    }

    @Test func anotherLeaderHasAMinuteOfItsOwn() async throws {
        let message = try message()
        #expect(await receive(message) == false)
        #expect(await receive(message) == false)
        let elected = course.now
        course.status.withLock { $0.since = Timestamp(milliseconds: 2) }
        while await !receive(message) {}
        #expect(course.now - elected >= FollowerIntake.longestWait)
    }

    @Test(arguments: [
        ReplicationStatus(role: .follower),
        ReplicationStatus(role: .follower, leader: "ima-a", trouble: "etcd is away"),
        ReplicationStatus(role: .follower, leader: "ima-a", applied: 1, known: 2),
    ])
    func nobodysMinuteRunsWithoutALeaderInStep(_ status: ReplicationStatus) async throws {
        course.status.withLock { $0 = status }
        let message = try message()
        for _ in 0..<10 { #expect(await receive(message) == false) }
    }

    @Test func whatTheLeaderRefusedIsForgotten() async throws {
        let message = try message()
        var batch = JournalBatch()
        let digest = try accepted(message).mark.digest
        batch.refusals = [
            RefusalRecord(
                at: now, reason: "foreign_breach", detail: "", topic: Self.topic, source: nil, eventID: nil,
                digest: digest)
        ]
        let records = batch
        let store = store
        try await withCheckedThrowingContinuation { continuation in
            store.enqueue(records, .untilDone) { continuation.resume(with: $0.map { _ in () }) }
        }
        let start = course.now
        #expect(await receive(message))
        #expect(course.now - start < .seconds(5))
    }

    /// The leader would refuse it for its age; the end of a breach that is held is never too old.
    @Test func whatIsTooOldIsForgottenUnlessItEndsABreach() async throws {
        #expect(await receive(try message(.active, sent: .seconds(-20_000))))
        #expect(await receive(try message(.resolved, sent: .seconds(-20_000))) == false)
    }

    @Test func whatIsHeldAtTheEndIsToComeAgain() async throws {
        course.after(2) { [intake] in intake.stop() }
        let start = course.now
        #expect(await receive(try message()) == false)
        #expect(course.now - start < .seconds(1))
    }
}
