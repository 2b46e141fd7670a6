import GRDB
import PowerEvents
import Shedding
import Site
import StrictJSON
import TestSupport
import Testing

@testable import Journal

/// Records that say no version are read by the names that Swift's properties and cases had once.
struct EarlierRecordsTests {
    private typealias Samples = RecordSamples

    /// What was kept of reasons was the words.
    private func plan(_ plan: PlannedHint) -> PlannedHint {
        var plan = plan
        if !plan.exceptions.isEmpty { plan.exceptions = ["n1 is protected", "b"].map { .earlierVersion($0) } }
        if case .skipped = plan.verdict { plan.verdict = .skipped(.earlierVersion("w\"y")) }
        return plan
    }

    private func breach(_ phase: Breach.Phase) -> Breach {
        var breach = Samples.breach(phase)
        breach.plans = breach.plans.map(plan)
        return breach
    }

    private let outcome = Outcome.failed(.bmc(.unsupported, "be\"cause", retries: 0), value: .mode("Eco"))

    private func check<Kind: JournalRecord & Equatable>(_ text: String, _ record: Kind) throws {
        #expect(try RecordCoder.decode(text) == record)
    }

    @Test func controls() throws {
        for (text, trust) in [
            (EarlierRecords.systemAuthorities, BMC.Trust.systemAuthorities), (EarlierRecords.unverified, .unverified),
            (EarlierRecords.pin, .pin("sha256//x=")), (EarlierRecords.authorities, .authorities(file: "a\"b.pem")),
        ] {
            let entry = try #require(Samples.control(trust))
            try check(text, entry)
            let again: ControlEntry = try RecordCoder.decode(text)
            #expect(again.prior?.fragment.text == entry.prior?.fragment.text)
        }
        try check(EarlierRecords.bareControl, #require(Samples.bareControl()))
    }

    /// The first versions kept one text for a machine, which was either its UUID or its serial number.
    @Test(arguments: [
        ("8f3b6c1e-0f5e-4f6d-9d0a-0242ac110002", "8f3b6c1e0f5e4f6d9d0a0242ac110002", nil as String?),
        ("M-1", nil, "m-1"),
        ("00000000-0000-0000-0000-000000000000", nil, nil),
    ])
    func machinesOfTheFirstVersions(text: String, uuid: String?, serial: String?) throws {
        let row = EarlierRecords.bareControl.replacing(
            "\"reassertions\"", with: "\"identity\":\"\(text)\",\"reassertions\"")
        let entry: ControlEntry = try RecordCoder.decode(row)
        #expect(entry.identity == MachineIdentity(uuid: uuid, serial: serial))
    }

    @Test func breaches() throws {
        try check(EarlierRecords.open, breach(.open))
        try check(EarlierRecords.holdingDown, breach(.holdingDown(until: Samples.time)))
        try check(EarlierRecords.releasing, breach(.releasing(nextStep: Samples.time)))
        try check(EarlierRecords.closed, breach(.closed(at: Samples.time)))
        try check(EarlierRecords.bareBreach, Samples.bareBreach)
    }

    @Test func theRest() throws {
        try check(EarlierRecords.plan, plan(Samples.plan))
        try check(EarlierRecords.outcome, outcome)
        try check(EarlierRecords.bareOutcome, Outcome.applied())
        try check(EarlierRecords.knowledge, Samples.knowledge)
        try check(EarlierRecords.alert, Samples.alert)
        try check(EarlierRecords.unsigned, Samples.report)
    }

    @Test func outcomesInWords() throws {
        let untouched = "the breach was resolved before it was begun"
        for (text, outcome) in [
            (
                #"{"code":"applied","message":"\#(untouched)","unreachable":false,"isUntouched":true}"#,
                Outcome.applied(.neverBegun)
            ),
            (
                #"{"code":"failed","message":"BMC unreachable: x","unreachable":true}"#,
                .failed(.earlierVersion("BMC unreachable: x"))
            ),
            (#"{"code":"skipped","unreachable":false}"#, .skipped(.earlierVersion("skipped"))),
            (#"{"code":"applied","value":{"limit":{}},"unreachable":false}"#, .applied(value: .limit(nil))),
        ] { try check(text, outcome) }
    }

    private func plan(skipped reason: String) throws -> PlannedHint.Verdict {
        let hint = #"{"resourceID":"n","resourceType":"node","action":"power_cap","priority":1}"#
        let text = #"{"hint":\#(hint),"verdict":{"skipped":{"_0":\#(reason)}},"exceptions":[],"isSuperseded":false}"#
        return try RecordCoder.decode(text, as: PlannedHint.self).verdict
    }

    /// Whether a hint is a duplicate decides what becomes of it at the next alert.
    @Test func duplicatesAreStillDuplicates() throws {
        #expect(try plan(skipped: #""duplicate of hint 12 of this alert""#) == .skipped(.duplicate(ofHint: 12)))
        for text in ["duplicate of hint x of this alert", "protected: duplicate", "duplicate", ""] {
            #expect(try plan(skipped: "\"\(text)\"") == .skipped(.earlierVersion(text)))
        }
    }

    /// A name of a later version, or one without its data, is told as far as it goes and loses no journal.
    @Test func reasonsThatCannotBeUnderstoodAreKeptAsText() throws {
        #expect(try plan(skipped: #"{"name":"from_tomorrow","text":"why"}"#) == .skipped(.earlierVersion("why")))
        #expect(try plan(skipped: #"{"name":"max_suspended"}"#) == .skipped(.earlierVersion("max_suspended")))
        for (code, name) in [("failed", "contended"), ("applied", "rounded")] {
            let outcome: Outcome = try RecordCoder.decode(#"{"v":1,"code":"\#(code)","reasons":[{"name":"\#(name)"}]}"#)
            #expect(outcome.message == name)
        }
    }

    /// What lies past a quantity's bounds is held at these; an address stays what it was.
    @Test func whatAJournalHoldsIsHeldAtTheBounds() throws {
        let far = EarlierRecords.pin.replacing(
            "\"floor\":{\"microwatts\":3200000000}", with: "\"floor\":{\"microwatts\":\(Int64.max)}"
        )
        .replacing("https://10.0.0.1", with: "https://10.0.0.1:99999")
        let entry: ControlEntry = try RecordCoder.decode(far)
        #expect(entry.floor == Watts(.max))
        #expect(entry.bmc.address.description == "https://10.0.0.1:99999")
        let plan = EarlierRecords.plan.replacing("\"basisPoints\":6000", with: "\"basisPoints\":-7")
        #expect(try RecordCoder.decode(plan, as: PlannedHint.self).fallback?.demand == .capToShare(.percent(0)))
        let breach: Breach = try RecordCoder.decode(
            EarlierRecords.closed.replacing("1800000000000", with: "\(Int64.max)"))
        #expect(breach.openedAt == Timestamp(milliseconds: .max))
    }

    /// A whole journal of the last version before records had names of their own, every table filled.
    @Test func aJournalOfVersion5IsTakenOver() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("j.sqlite")
        let queue = try DatabaseQueue(path: path)
        try JournalSchema.migrator.migrate(queue, upTo: "5 small rows")
        let breach = self.breach(.releasing(nextStep: Samples.time))
        let (id, key, now) = (breach.id.text, Samples.key, Samples.time.milliseconds)
        try queue.write { db in
            func add(_ sql: String, _ arguments: StatementArguments) throws {
                try db.execute(sql: "INSERT INTO \(sql)", arguments: arguments)
            }
            try add(
                "breach (id, feed, is_closed, updated_at, body, state) VALUES (?, 'main-a', 0, ?, ?, ?)",
                [id, now, EarlierRecords.open, EarlierRecords.releasing])
            try add("plan_change VALUES (?, 1, ?)", [id, EarlierRecords.plan])
            try add("let_go VALUES (?, 'other', 'power_limit')", [id])
            try add("release VALUES (?, ?, ?, ?)", [id, key.resource, key.facet.rawValue, EarlierRecords.outcome])
            try add(
                "control (key, bmc, body, outcome) VALUES (?, 'https://10.0.0.1', ?, ?)",
                [key.description, EarlierRecords.pin, EarlierRecords.outcome])
            try add("inbox (body) VALUES (?)", [EarlierRecords.alert])
            try add("bmc_knowledge VALUES ('https://10.0.0.1', ?)", [EarlierRecords.knowledge])
            try add("bmc_knowledge VALUES ('https://10.0.0.2', '{}')", [])
            try add("bmc_session VALUES ('https://10.0.0.1', '/redfish/v1/S/1')", [])
            try add("unsigned_report VALUES (?, 'applied', ?)", [id, EarlierRecords.unsigned])
            try add("switch VALUES ('frozen', 1)", [])
        }
        try queue.close()

        let journal = try JournalDatabase(path: path)
        let contents = try journal.load()
        var expected = breach
        expected.plans[1] = plan(Samples.plan)
        expected.released.insert(ControlKey(resource: "other", facet: .powerLimit))
        expected.releaseOutcomes = [key: outcome]
        #expect(contents.breaches == [expected])
        let (entry, other) = (try #require(Samples.control()), try #require(Samples.control(.unverified)))
        #expect(contents.controls == [entry])
        #expect(contents.inbox.map(\.alert) == [Samples.alert])
        let address = try #require(BMC.Address("https://10.0.0.1"))
        #expect(contents.knowledge == [address: Samples.knowledge])
        #expect(contents.sessions == [BMCSession(bmc: address, location: "/redfish/v1/S/1")])
        #expect(contents.unsigned == [Samples.report])
        #expect(contents.freezes.map(\.isWhole) == [true])

        // And it is a journal of today: rows of both times are one breach.
        var batch = JournalBatch()
        var state = expected.withoutPlans
        state.phase = .holdingDown(until: Samples.time)
        batch.changes.states = [state]
        batch.changes.plans = [(breach.id, 0, Samples.plans[3])]
        batch.changes.controls = [(other, nil)]
        try journal.write([batch], now: Samples.time)
        expected.phase = state.phase
        expected.plans[0] = Samples.plans[3]
        let later = try journal.load()
        #expect(later.breaches == [expected])
        #expect(later.controls == [other])
        try journal.close()
    }

    /// The row is named, so that an operator knows what a damaged file has lost.
    @Test func aRowThatCannotBeReadIsNamed() throws {
        let journal = try JournalDatabase()
        try journal.using {
            try $0.write { try $0.execute(sql: "INSERT INTO control (key, body) VALUES ('n1/power_limit', '{}')") }
        }
        let error = try #require(throws: JournalError.self) { try journal.load() }
        #expect(error.description == ":memory:: the journal cannot be read: control n1/power_limit: has no \"key\"")
    }
}
