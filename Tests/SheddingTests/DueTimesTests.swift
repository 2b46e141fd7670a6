import PowerEvents
import Testing

@testable import Shedding

struct DueTimesTests {
    private static let breach = UUIDText(randomBytes: [1])
    private static let other = UUIDText(randomBytes: [2])
    private static let start = Timestamp(milliseconds: 1_000_000)

    @Test func aReportIsDueUntilItWasMade() {
        var due = DueTimes()
        due.report(Self.breach, at: Self.start + .seconds(10))
        #expect(!due.isReportDue(Self.breach, Self.start + .seconds(9)))
        #expect(due.isReportDue(Self.breach, Self.start + .seconds(10)))
        #expect(!due.isReportDue(Self.other, Self.start + .seconds(10)))
        due.dropReport(Self.breach)
        #expect(!due.isReportDue(Self.breach, Self.start + .seconds(10)))
        #expect(due.next(of: Self.breach) == nil)
    }

    @Test func newsIsToldOnceAndTogether() {
        var due = DueTimes()
        due.tellNews(Self.breach, now: Self.start)
        // What comes a moment later is told with it, and puts nothing off.
        due.tellNews(Self.breach, now: Self.start + .milliseconds(900))
        #expect(due.next(of: Self.breach) == Self.start + DueTimes.newsDelay)
        #expect(due.takeNews(Self.breach, Self.start + .milliseconds(999)) == false)
        #expect(due.takeNews(Self.breach, Self.start + .seconds(1)) == true)
        #expect(due.takeNews(Self.breach, Self.start + .seconds(1)) == false)
    }

    @Test func nothingIsDueOfABreachThatIsOver() {
        var due = DueTimes()
        due.report(Self.breach, at: Self.start)
        due.tellNews(Self.breach, now: Self.start)
        due.tellNews(Self.other, now: Self.start)
        due.forget(Self.breach)
        #expect(due.next(of: Self.breach) == nil && due.next(of: Self.other) != nil)
    }
}
