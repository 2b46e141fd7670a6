import PowerEvents
import Shedding
import Site
import StrictJSON
import Testing

@testable import Journal

/// What is written of each kind of record, and that it is read back as it was.
struct RecordTests {
    private typealias Samples = RecordSamples

    private func decode<Kind: JournalRecord>(_ text: String, as kind: Kind.Type = Kind.self) throws -> Kind {
        try RecordCoder.decode(text)
    }

    // MARK: Bytes

    /// The bytes are pinned, and come back as what they were made of.
    private func check<Kind: JournalRecord & Equatable>(_ record: Kind, _ golden: String) throws {
        #expect(RecordCoder.encode(record) == golden)
        #expect(try decode(golden) == record)
    }

    @Test func controlsAreSpelledAsEver() throws {
        try check(#require(Samples.control()), GoldenRecords.control)
        try check(#require(Samples.bareControl()), GoldenRecords.bareControl)
    }

    @Test func breachesAreSpelledAsEver() throws {
        try check(Samples.breach(), GoldenRecords.breach)
        try check(Samples.bareBreach, GoldenRecords.bareBreach)
    }

    @Test func freezesAreSpelledAsEver() throws {
        try check(Samples.freeze(), GoldenRecords.freeze)
        try check(Freeze(since: Samples.time), GoldenRecords.bareFreeze)
    }

    @Test func plansAreSpelledAsEver() throws { try check(Samples.plan, GoldenRecords.plan) }

    @Test func outcomesAreSpelledAsEver() throws {
        try check(Samples.outcome, GoldenRecords.outcome)
        try check(Outcome.applied(), GoldenRecords.bareOutcome)
    }

    @Test func alertsAreSpelledAsEver() throws { try check(Samples.alert, GoldenRecords.alert) }

    @Test func whatIsKnownOfBMCsIsSpelledAsEver() throws { try check(Samples.knowledge, GoldenRecords.knowledge) }

    @Test func unsignedReportsAreSpelledAsEver() throws { try check(Samples.report, GoldenRecords.report) }

    // MARK: There and back

    private func roundTrip<Kind: JournalRecord & Equatable>(_ record: Kind) throws {
        #expect(try decode(RecordCoder.encode(record)) == record)
    }

    @Test func everyChoiceComesBack() throws {
        for trust in Samples.trusts { try roundTrip(#require(Samples.control(trust))) }
        for phase in Samples.phases { try roundTrip(Samples.breach(phase)) }
        for plan in Samples.plans + [Samples.part, Samples.spread] { try roundTrip(plan) }
        for outcome in Samples.outcomes { try roundTrip(outcome) }
        for value in Samples.values {
            try roundTrip(Outcome.applied(value: value))
            var entry = try #require(Samples.bareControl())
            entry.intend(value)
            try roundTrip(entry)
        }
    }

    /// No member that is added to a type can be left out of its record.
    @Test func samplesHaveEveryMember() throws {
        func check<Value>(_ value: Value) {
            for child in Mirror(reflecting: value).children {
                let isMissing = if case Optional<Any>.none = child.value { true } else { false }
                #expect(!isMissing, "\(Value.self).\(child.label ?? "") is not in the sample")
            }
        }
        let entry = try #require(Samples.control())
        check(try #require(Mirror(reflecting: entry).descendant("storage", "fields")))
        check(entry.pins)
        check(try #require(entry.prior))
        check(Samples.breach())
        check(Samples.origin)
        check(try #require(Samples.origin.trace))
        check(Samples.part)
        check(Samples.plan.hint)
        check(Samples.outcome)
        check(Samples.alert)
        check(Samples.knowledge)
    }

    /// What a BMC spelled comes back to the letter; equality would not notice.
    @Test func fragmentsKeepTheirSpelling() throws {
        let entry = try #require(Samples.control())
        let again: ControlEntry = try decode(RecordCoder.encode(entry))
        #expect(again.prior?.fragment.text == entry.prior?.fragment.text)
        #expect(again.prior?.fragment["Absent"] == nil)
        var bare = try #require(Samples.bareControl())
        #expect(try decode(RecordCoder.encode(bare), as: ControlEntry.self).locator == nil)
        bare.locator = .null
        #expect(try decode(RecordCoder.encode(bare), as: ControlEntry.self).locator == .null)
    }

    @Test func textIsEscapedAndTakenWhole() throws {
        for text in ["a\"b\\c\n\u{1}\u{0}\u{7f}ü🙂\\", String(repeating: "\"", count: 10_000), ""] {
            try roundTrip(Outcome.failed(.internal(text)))
        }
    }

    @Test func numbersReachTheirBounds() throws {
        for watts in [Int64.min, -1, 0, 9, 10, .max] {
            try roundTrip(Outcome.applied(value: .limit(Watts(microwatts: watts))))
        }
        var breach = Samples.bareBreach
        for reported in [0, 1, UInt64.max] {
            breach.reported = reported
            try roundTrip(breach)
        }
    }

    // MARK: What cannot be read

    private func complaint<Kind: JournalRecord>(_ text: String, as kind: Kind.Type) -> String {
        do {
            _ = try RecordCoder.decode(text, row: "n1", as: kind)
            return "nothing"
        } catch { return "\(error)" }
    }

    @Test func aRecordOfALaterVersionIsNotGuessedAt() {
        let text = GoldenRecords.outcome.replacing(#""v":1"#, with: #""v":2"#)
        #expect(
            complaint(text, as: Outcome.self)
                == "release n1: is of version 2, and this ima reads up to 1; run a newer one")
    }

    @Test func whatIsWrongIsNamed() {
        for (wrong, said) in [
            (GoldenRecords.control.replacing("\"taken_at\":1800000000000,", with: ""), #"prior: has no "taken_at""#),
            (
                GoldenRecords.control.replacing("\"held\":{\"power_limit_microwatts\":2000000}", with: "\"held\":7"),
                "held: is 7, not what a control can hold"
            ),
            (
                GoldenRecords.control.replacing("\"reassertions\":3", with: "\"reassertions\":1e400"),
                "reassertions: is 1e400, not a whole number"
            ),
            (
                GoldenRecords.control.replacing("\"c/speed_limit\"", with: "\"c\""),
                #"shared_by.0: is "c", not a resource"#
            ),
            ("[]", "is an array, not an object"), ("", "is no JSON"), ("{", "is no JSON"),
        ] {
            let complaint = complaint(wrong, as: ControlEntry.self)
            #expect(complaint.hasPrefix("control n1: \(said)"), "\(complaint)")
        }
    }

    /// Whatever a damaged disk makes of a row, it is refused or read, and never the end of the process.
    @Test func damagedRecordsEndNothing() throws {
        let bytes = Array(GoldenRecords.control.utf8)
        for index in stride(from: 0, to: bytes.count, by: 3) {
            var damaged = bytes
            damaged[index] = UInt8(truncatingIfNeeded: index &* 37)
            _ = try? decode(String(decoding: damaged, as: UTF8.self), as: ControlEntry.self)
            _ = try? decode(String(decoding: bytes[..<index], as: UTF8.self), as: ControlEntry.self)
        }
    }
}
