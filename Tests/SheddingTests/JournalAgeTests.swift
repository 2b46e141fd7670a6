import PowerEvents
import Shedding
import Testing

/// A journal that comes back after long, or from the future, is not acted on before an operator has said so.
struct JournalAgeTests {
    private let now = Timestamp(milliseconds: 1_800_000_000_000)

    private func contents(lastRecord: Duration, phase: Breach.Phase? = .open) -> Core.Contents {
        var contents = Core.Contents(lastRecordAt: now + lastRecord)
        if let phase {
            var breach = Breach(
                id: UUIDText(randomBytes: [UInt8](repeating: 1, count: 16)),
                origin: .init(source: "s", trace: nil, correlationID: nil), feed: "f", isCritical: true, openedAt: now,
                holdDown: .seconds(30))
            breach.phase = phase
            contents.breaches = [breach]
        }
        return contents
    }

    private func finding(_ contents: Core.Contents) -> JournalAge.Finding? {
        JournalAge.finding(contents, maxHold: .seconds(86_400), now: now)
    }

    @Test func aJournalOfNowIsTakenUp() {
        #expect(finding(contents(lastRecord: .seconds(-86_000))) == nil)
        #expect(finding(contents(lastRecord: .seconds(200))) == nil)
        #expect(finding(contents(lastRecord: .zero, phase: nil)) == nil)
    }

    @Test func oneThatIsOlderThanAnyHoldWaits() {
        let finding = finding(contents(lastRecord: .seconds(-30 * 86_400)))
        #expect(finding?.reason.contains("older than max_hold") == true)
        #expect(finding?.reason.contains("ima resume") == true)
        #expect(finding?.lastRecordAt == now - .seconds(30 * 86_400))
    }

    @Test func oneFromTheFutureWaits() {
        #expect(finding(contents(lastRecord: .seconds(3600)))?.reason.contains("in the future") == true)
    }

    @Test func nothingToTakeUpIsNothingToWaitFor() {
        #expect(finding(contents(lastRecord: .seconds(-30 * 86_400), phase: .closed(at: now))) == nil)
    }
}
