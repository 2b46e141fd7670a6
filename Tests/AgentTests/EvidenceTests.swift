import Journal
import PowerEvents
import Shedding
import StrictJSON
import Testing

@testable import Agent

struct EvidenceTests {
    private static let start = Timestamp(milliseconds: 1_800_000_000_000)
    private static let breach = UUIDText(randomBytes: [UInt8](repeating: 5, count: 16))

    private static func at(_ seconds: Int) -> Timestamp { start + .seconds(seconds) }

    private static func line(
        _ seconds: Int, _ kind: HistoryEntry.Kind, _ code: String, control: String? = nil, value: String? = nil,
        prior: String? = nil, writtenAt: Int? = nil, ofBreach: Bool = true, by user: String? = nil
    ) -> HistoryLine {
        HistoryLine(
            sequence: Int64(seconds), at: at(seconds),
            entry: HistoryEntry(
                kind, code, breach: ofBreach ? breach : nil,
                control: control.map { ControlKey(resource: $0, facet: .powerLimit) }, value: value, prior: prior,
                writtenAt: writtenAt.map(at)), author: user.map { CommandAuthor(user: $0, reason: "cooling works") })
    }

    private static func reading(_ seconds: Int, _ resource: String, _ watts: Int, isPart: Bool = false) -> PowerReading
    {
        PowerReading(breach: breach, resource: resource, watts: Watts(watts), at: at(seconds), isPart: isPart)
    }

    private static let lines = [
        line(0, .alert, "active", value: "event-1", prior: "digest-1"), line(0, .plan, "asked", value: "500 W"),
        line(3, .outcome, "applied", control: "n1", value: "600 W", writtenAt: 2),
        line(4, .outcome, "skipped", control: "n2"), line(5, .command, "freeze", ofBreach: false, by: "root"),
        line(60, .alert, "resolved"),
        line(90, .outcome, "reverted", control: "n1", value: "1000 W", writtenAt: 89),
    ]
    private static let readings = [
        reading(0, "n1", 1000), reading(0, "n1-gpu0", 500, isPart: true), reading(10, "n1", 800),
        reading(10, "n1-gpu0", 300, isPart: true), reading(20, "n1", 500), reading(80, "n1", 500),
        reading(100, "n1", 1000),
    ]

    private func evidence() throws -> Evidence {
        try #require(Evidence(breach: Self.breach, lines: Self.lines, readings: Self.readings))
    }

    @Test func rowsAreInTimesOrderAndTheBaselineIsTheFirstReading() throws {
        let evidence = try evidence()
        #expect(
            evidence.rows.map(\.kind) == [
                .alert, .reading, .reading, .write, .readBack, .skip, .override, .reading, .reading, .reading,
                .resolved, .reading, .write, .release, .reading,
            ])
        #expect(zip(evidence.rows, evidence.rows.dropFirst()).allSatisfy { $0.at <= $1.at })
        let csv = evidence.csv.split(separator: "\n")
        #expect(csv[0] == "time,kind,resource,watts")
        #expect(csv[2] == "\(Self.at(0)),reading,n1,1000")
        #expect(csv.count == 16)
    }

    @Test func theRecordSaysWhatWasReachedAndWhen() throws {
        let json = try evidence().json
        #expect(json["alert"]?["id"] == "event-1")
        #expect(json["alert"]?["digest"] == "digest-1")
        #expect(json["first_write"] == .string(Self.at(2).description))
        #expect(json["last_read_back"] == .string(Self.at(3).description))
        // 500 W were asked: 200 are shed after ten seconds, 500 after twenty.
        #expect(json["t50"]?.number.flatMap { Double($0.text) } == 20)
        #expect(json["t100"]?.number.flatMap { Double($0.text) } == 20)
        #expect(json["baseline_watts"] == 1000, "what a GPU draws is in what its node draws")
        #expect(json["shed_watts"] == 500)
        #expect(json["steepest_down_watts_per_s"]?.number.flatMap { Double($0.text) } == 30)
        #expect(json["steepest_up_watts_per_s"]?.number.flatMap { Double($0.text) } == 25)
        #expect(json["coverage"]?.number.flatMap { Double($0.text) } == 1)
        let overrides = try #require(json["overrides"]?.array)
        #expect(overrides.map { $0["what"] } == ["freeze by root"], "a skip is nobody's override")
        #expect(overrides.first?["user"] == "root" && overrides.first?["reason"] == "cooling works")
        #expect(json["skips"]?.array?.map { $0["what"] } == ["n2"])
    }

    /// What an alert asks for and is not done: strangers chose its name.
    @Test func whatWasSkippedAtPlanningIsInTheRecord() throws {
        let skip = HistoryLine(
            sequence: 2, at: Self.at(0),
            entry: HistoryEntry(
                .plan, "skipped", breach: Self.breach, value: "no\u{1B}[2Jbody", message: "power_cap: why not"),
            author: nil)
        let evidence = try #require(Evidence(breach: Self.breach, lines: Self.lines + [skip], readings: []))
        let skips = try #require(evidence.json["skips"]?.array)
        #expect(skips.map { $0["what"] } == ["no\\u{1b}[2Jbody", "n2"])
        #expect(skips.first?["reason"] == "power_cap: why not")
        #expect(evidence.csv.contains("\(Self.at(0)),skip,no\\u{1b}[2Jbody,\n"))
        #expect(EvidenceText.lines(evidence).contains { $0.hasSuffix("skip  no\\u{1b}[2Jbody  power_cap: why not") })
        #expect(HistoryAnswer.json([skip]).array?.first?["value"] == "no\\u{1b}[2Jbody")
    }

    @Test func nothingIsClaimedOfWhatWasNotMeasured() throws {
        let evidence = try #require(Evidence(breach: Self.breach, lines: Self.lines, readings: []))
        #expect(evidence.json["t50"] == .null)
        #expect(evidence.json["shed_watts"] == 0)
        #expect(evidence.json["coverage"]?.number.flatMap { Double($0.text) } == 0)
    }

    @Test func namesWithCommasAreQuoted() {
        let row = EvidenceRow(at: Self.start, kind: .override, resource: "freeze by \"a,b\"")
        #expect(row.csv == "\(Self.start),override,\"freeze by \"\"a,b\"\"\",")
    }

    /// It begins with an operator's word: the share of a drill is no event's id.
    @Test func aDrillNamesItsCommandInsteadOfAnAlert() throws {
        let lines = [
            Self.line(0, .command, "drill", value: "80%", by: "root"),
            Self.line(3, .outcome, "applied", control: "n1", value: "600 W", writtenAt: 2),
        ]
        let evidence = try #require(Evidence(breach: Self.breach, lines: lines, readings: []))
        #expect(evidence.json["alert"] == .null)
        #expect(evidence.json["command"]?["code"] == "drill" && evidence.json["command"]?["user"] == "root")
        let text = EvidenceText.lines(evidence)
        #expect(text.contains("drill        \(Self.at(0)) by root"), "\(text)")
        #expect(!text.contains { $0.contains("event 80%") })
    }
}
