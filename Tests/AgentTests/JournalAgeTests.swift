import Journal
import PowerEvents
import Shedding
import Site
import Testing

@testable import Agent

/// A journal that comes back after long, or from the future, is not acted on before an operator has said so.
struct JournalAgeTests {
    private let now = Timestamp(milliseconds: 1_800_000_000_000)

    private func contents(lastRecord: Duration, phase: Breach.Phase? = .open) throws -> JournalContents {
        let journal = try JournalDatabase()
        if let phase {
            var breach = Breach(
                id: UUIDText(randomBytes: [UInt8](repeating: 1, count: 16)),
                origin: .init(source: "s", trace: nil, correlationID: nil), feed: "f", isCritical: true, openedAt: now,
                holdDown: .seconds(30))
            breach.phase = phase
            var batch = JournalBatch()
            batch.changes.breaches = [breach]
            try journal.write([batch], now: now + lastRecord)
        }
        return try journal.load()
    }

    private func finding(_ contents: JournalContents) -> JournalAge.Finding? {
        JournalAge.finding(contents, maxHold: .seconds(86_400), now: now)
    }

    @Test func aJournalOfNowIsTakenUp() throws {
        #expect(finding(try contents(lastRecord: .seconds(-86_000))) == nil)
        #expect(finding(try contents(lastRecord: .seconds(200))) == nil)
        #expect(finding(try contents(lastRecord: .zero, phase: nil)) == nil)
    }

    @Test func oneThatIsOlderThanAnyHoldWaits() throws {
        let finding = finding(try contents(lastRecord: .seconds(-30 * 86_400)))
        #expect(finding?.reason.contains("older than max_hold") == true)
        #expect(finding?.reason.contains("ima resume") == true)
        #expect(finding?.lastRecordAt == now - .seconds(30 * 86_400))
    }

    @Test func oneFromTheFutureWaits() throws {
        #expect(finding(try contents(lastRecord: .seconds(3600)))?.reason.contains("in the future") == true)
    }

    @Test func nothingToTakeUpIsNothingToWaitFor() throws {
        #expect(finding(try contents(lastRecord: .seconds(-30 * 86_400), phase: .closed(at: now))) == nil)
    }

    /// Where only a restore is owed, which fails for days, nothing else is written; the agent is there all the same.
    @Test func anAgentThatRunsKeepsItsJournalYoung() throws {
        let journal = try JournalDatabase()
        try journal.prune(now: now)
        #expect(try journal.load().lastRecordAt == now)
    }
}
