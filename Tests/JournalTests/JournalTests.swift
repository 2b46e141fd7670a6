import Journal
import PowerEvents
import Shedding
import Site
import StrictJSON
import TestSupport
import Testing

struct JournalTests {
    let folder: TemporaryFolder
    let now = Timestamp(milliseconds: 1_800_000_000_000)

    init() throws { folder = try TemporaryFolder() }

    private func id(_ number: Int) -> UUIDText {
        UUIDText(randomBytes: [UInt8](repeating: UInt8(number), count: 16))
    }

    private func alert(_ number: Int) -> AcceptedAlert {
        AcceptedAlert(
            eventID: id(number), source: "//grid/v1/poweragent/a", time: now, receivedAt: now, trace: nil,
            correlationID: nil, payload: "{}", breachID: id(100))
    }

    private func entry() throws -> ControlEntry {
        let address = try #require(BMC.Address("https://10.0.0.1"))
        var entry = ControlEntry(
            key: ControlKey(resource: "n1", facet: .powerLimit), type: .node,
            bmc: BMC(address: address, credentials: "bmc", trust: .pin("sha256//x")),
            pins: .init(powerLimit: "/redfish/v1/x"))
        // Absent, null and 0 are three different things, and 6720.0 is restored as it was read.
        entry.prior = .init(
            value: .limit(nil),
            fragment: ["SetPoint": nil, "Zero": 0, "Float": .number(try #require(JSONNumber(text: "6720.0")))],
            takenAt: now)
        entry.intent = .limit(Watts(500))
        return entry
    }

    private func event(_ number: Int, breach: Int = 100) -> OutboxEvent {
        OutboxEvent(
            eventID: id(number), breachID: id(breach), topic: "t", payload: Array("event \(number)".utf8),
            createdAt: now)
    }

    /// A follower shows them; of several endings of a control the latest.
    @Test func tellsHowControlsLastEnded() async throws {
        let journal = try JournalDatabase(path: folder.path("j.sqlite"))
        let keys = ["n1", "n2", "n3"].map { ControlKey(resource: $0, facet: .powerLimit) }
        var batch = JournalBatch()
        batch.changes.history = [
            HistoryEntry(.outcome, "failed", breach: id(100), control: keys[0], message: "busy"),
            HistoryEntry(.outcome, "failed", breach: id(100), control: keys[1], message: "refused"),
            HistoryEntry(.outcome, "applied", breach: id(101), control: keys[2]),
        ]
        try journal.write([batch], now: now)
        batch.changes.history = [HistoryEntry(.outcome, "applied", breach: id(100), control: keys[0])]
        try journal.write([batch], now: now)
        let store = SQLiteStore(journal, now: { now })
        let outcomes = try await store.outcomes(of: [id(100)])
        #expect(outcomes == [keys[0]: .applied(), keys[1]: .failed(.earlierVersion("refused"))])
    }

    @Test func keepsBreachesAndControlsOverAReopening() throws {
        let breach = Breach(
            id: id(100),
            origin: .init(source: "s", trace: TraceContext(traceID: "a", spanID: "b"), correlationID: id(7)),
            feed: "main-a", isCritical: true, openedAt: now, holdDown: .seconds(60))
        var batch = JournalBatch()
        batch.changes.breaches = [breach]
        let key = ControlKey(resource: "n1", facet: .powerLimit)
        batch.changes.releases = [
            (breach.id, key, .failed(.frozen)), (breach.id, key, .applied(.nothingChanged)),
        ]
        batch.changes.controls = [(try entry(), .applied(.neverBegun, value: .limit(Watts(500))))]
        do {
            let journal = try JournalDatabase(path: folder.path("j.sqlite"))
            try journal.write([batch], now: now)
            try journal.close()
        }
        let contents = try JournalDatabase(path: folder.path("j.sqlite")).load()
        var released = breach
        released.releaseOutcomes = [key: .applied(.nothingChanged)]
        #expect(contents.breaches == [released])
        #expect(contents.controls == [try entry()])
        let fragment = try #require(contents.controls[0].prior?.fragment)
        #expect(fragment.text == #"{"SetPoint":null,"Zero":0,"Float":6720.0}"#)
        #expect(fragment["Absent"] == nil)
    }

    /// Limits that let an alert in may be narrower at the next look; it is read all the same.
    @Test func whatWasAdmittedCanStillBeRead() throws {
        let power = PowerQuantity(watts: Watts(1000), unit: .watt)
        var payload = try #require(
            BreachAlert(
                feedTag: "f", status: .active, severity: .critical, breachID: id(1), detectedAt: now,
                targetCorrelationID: id(2), loadConstraint: power, measuredLoad: power
            ).json.object)
        payload["extra"] = (0..<400).reduce(JSONValue.array([])) { inner, _ in .array([inner]) }
        var accepted = alert(1)
        accepted.payload = JSONValue.object(payload).text
        #expect(accepted.breachAlert?.breachID == id(1))
    }

    @Test func anEventIsReceivedOnceAndStaysUntilHandled() throws {
        let journal = try JournalDatabase(path: folder.path("j.sqlite"))
        let first = try #require(try journal.receive(alert(1)))
        #expect(try journal.receive(alert(1)) == nil)
        #expect(try journal.load().inbox == [first])
        var batch = JournalBatch()
        batch.handled = [first.sequence]
        try journal.write([batch], now: now)
        #expect(try journal.load().inbox.isEmpty)
        #expect(try journal.receive(alert(1)) == nil)
    }

    @Test func eventsLeaveTheOutboxOnlyWhenPublished() throws {
        let journal = try JournalDatabase(path: folder.path("j.sqlite"))
        var batch = JournalBatch()
        batch.reports = [[event(1)], [event(2), event(3)]]
        try journal.write([batch], now: now)
        #expect(try journal.unpublished(limit: 10).map(\.eventID) == [id(1), id(2), id(3)])
        try journal.markPublished((1...3).map { id($0) }, now: now)
        #expect(try journal.outboxDepth() == 0)
        // The latest report, all its parts, under the same ids.
        var again = JournalBatch()
        again.repeated = [id(100)]
        try journal.write([again], now: now)
        #expect(try journal.unpublished(limit: 10).map(\.eventID) == [id(2), id(3)])
        #expect(try journal.unpublished(limit: 10)[0].payload == Array("event 2".utf8))
    }

    @Test func aFailedTransactionLeavesNothingBehind() throws {
        let journal = try JournalDatabase(path: folder.path("j.sqlite"))
        var good = JournalBatch()
        good.changes.controls = [(try entry(), nil)]
        var bad = JournalBatch()
        bad.reports = [[event(1), event(1)]]
        #expect(throws: (any Error).self) { try journal.write([good, bad], now: now) }
        #expect(try journal.load().controls.isEmpty)
    }

    @Test func oneProcessAtATime() throws {
        let journal = try JournalDatabase(path: folder.path("j.sqlite"))
        let error = try #require(throws: JournalError.self) { try JournalDatabase(path: folder.path("j.sqlite")) }
        #expect(error.description.contains("in use by another process"))
        try journal.close()
    }

    @Test func aFileThatIsNoJournalIsNamed() throws {
        try folder.write(String(repeating: "garbage ", count: 1000), to: "j.sqlite")
        let error = try #require(throws: JournalError.self) { try JournalDatabase(path: folder.path("j.sqlite")) }
        #expect(error.description.hasPrefix(folder.path("j.sqlite")))
        #expect(throws: JournalError.self) { try JournalDatabase(path: folder.path("missing/j.sqlite")) }
    }

    @Test func prunesWhatIsOverAndKeepsWhatIsOpen() throws {
        let journal = try JournalDatabase(path: folder.path("j.sqlite"))
        var batch = JournalBatch()
        for (number, phase) in [(1, Breach.Phase.closed(at: now)), (2, .open)] {
            var breach = Breach(
                id: id(number), origin: .init(source: "s", trace: nil, correlationID: nil), feed: "f",
                isCritical: false, openedAt: now, holdDown: .zero)
            breach.phase = phase
            batch.changes.breaches.append(breach)
        }
        try journal.write([batch], now: now)
        try journal.prune(now: now + .seconds(89 * 86_400))
        #expect(try journal.load().breaches.count == 2)
        try journal.prune(now: now + .seconds(91 * 86_400))
        #expect(try journal.load().breaches.map(\.id) == [id(2)])
    }

    /// A BMC gives a session the name of one that was closed; and another may close what it opened at once.
    @Test func whatIsRememberedOfBMCsHasAnOrder() throws {
        let journal = try JournalDatabase()
        let address = try #require(BMC.Address("https://10.0.0.1"))
        let (first, second) = (
            BMCSession(bmc: address, location: "/S/1"), BMCSession(bmc: address, location: "/S/2")
        )
        var (old, new) = (BMCKnowledge(), BMCKnowledge())
        old.sessions = "/old"
        new.sessions = "/new"
        var batch = JournalBatch()
        batch.bmcs = [
            .opened(first), .closed(first), .opened(first), .opened(second), .learned(address, old), .closed(second),
            .learned(address, new),
        ]
        try journal.write([batch], now: now)
        let contents = try journal.load()
        #expect(contents.sessions == [first])
        #expect(contents.knowledge == [address: new])
    }

    /// Nobody waits for these, and they are in order all the same.
    @Test func whatIsQueuedWithoutWaitingBecomesDurableInOrder() async throws {
        let journal = try JournalDatabase()
        let store = SQLiteStore(journal, now: { [now] in now })
        func batch(_ number: Int) -> JournalBatch {
            var batch = JournalBatch()
            batch.changes.history = [HistoryEntry(.command, "\(number)")]
            return batch
        }
        for number in 0..<1000 { store.enqueue(batch(number), .once) { _ in } }
        try await store.append(batch(1000))
        let codes = try await store.history(HistoryQuery(limit: 2000)).map(\.entry.code)
        #expect(codes == (0...1000).map { "\($0)" })
        // An empty batch has nothing to wait for.
        try await store.append(JournalBatch())
    }

    @Test func batchesAreCommittedTogetherAndInOrder() async throws {
        let journal = try JournalDatabase(path: folder.path("j.sqlite"))
        let store = SQLiteStore(journal, now: { [now] in now })
        let keeper = Keeper(store: store, entry: try entry())
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<500 { group.addTask { await keeper.write(number) } }
        }
        #expect(try journal.load().controls.map(\.reassertions) == [await keeper.last])
        #expect(store.effort.transactions < 500)
    }

    /// Writes growing states of one control, as an actor that owns it would.
    private actor Keeper {
        let store: SQLiteStore
        var entry: ControlEntry
        var last: Int { entry.reassertions }

        init(store: SQLiteStore, entry: ControlEntry) {
            self.store = store
            self.entry = entry
        }

        func write(_ number: Int) async {
            entry.reassertions += 1
            var batch = JournalBatch()
            batch.changes.controls = [(entry, nil)]
            try? await store.append(batch)
        }
    }
    /// Where only a restore is owed, which fails for days, nothing else is written; the agent is there all the same.
    @Test func anAgentThatRunsKeepsItsJournalYoung() throws {
        let journal = try JournalDatabase()
        try journal.prune(now: now)
        #expect(try journal.load().lastRecordAt == now)
    }
}
