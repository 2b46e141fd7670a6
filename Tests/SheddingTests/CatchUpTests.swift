import PowerEvents
import Testing

@testable import Shedding

struct CatchUpTests {
    let now = Timestamp(milliseconds: 1_800_000_000_000)

    /// - Parameter age: how long ago the breach was detected, in seconds
    private func alert(
        _ sequence: Int64, breach: Int, age: Int, status: BreachAlert.Status = .active, sent: Duration = .zero
    ) -> ReceivedAlert {
        let power = PowerQuantity(watts: Watts(1000), unit: .watt)
        let id = UUIDText(randomBytes: [UInt8(breach)])
        let alert = BreachAlert(
            feedTag: "f", status: status, severity: .critical, breachID: id, detectedAt: now - .seconds(age),
            targetCorrelationID: id, loadConstraint: power, measuredLoad: power)
        return ReceivedAlert(
            sequence: sequence, source: "s", time: now + sent, receivedAt: now,
            eventID: UUIDText(randomBytes: [UInt8(sequence)]), mark: PayloadMark(source: "s", digest: "\(sequence)"),
            alert: alert)
    }

    @Test func freshAlertsAreActedOnAtOnce() {
        var catchUp = CatchUp()
        catchUp.begin(now: now)
        let isGathered = catchUp.gather(alert(1, breach: 1, age: 5), wall: now, now: now)
        #expect(!isGathered)
        #expect(catchUp.isEmpty)
    }

    /// Only what is signed outranks: a newer `time` does not, and nothing new is dropped but what its own end is there for.
    @Test func ofABacklogWhatIsOverMovesNothingAndAllElseIsActedOn() throws {
        var catchUp = CatchUp()
        catchUp.begin(now: now)
        let backlog = [
            alert(1, breach: 1, age: 500), alert(2, breach: 1, age: 500, status: .resolved, sent: .seconds(-400)),
            alert(3, breach: 1, age: 500, status: .escalated, sent: .seconds(200)),
            alert(4, breach: 2, age: 200, sent: .seconds(200)),
            alert(5, breach: 2, age: 1, status: .escalated, sent: .seconds(-100)),
        ]
        for alert in backlog {
            let isGathered = catchUp.gather(alert, wall: now, now: now)
            #expect(isGathered)
        }
        let early = catchUp.drain(now: now + .milliseconds(499))
        #expect(early == nil)
        let late = catchUp.drain(now: now + .milliseconds(500))
        let drained = try #require(late)
        #expect(drained.act.map(\.sequence) == [4, 5, 2])
        #expect(drained.overtaken.map(\.sequence) == [1, 3])
    }

    @Test func nothingProlongsTheCatchUp() {
        var catchUp = CatchUp()
        catchUp.begin(now: now)
        for tenth in 0..<49 {
            let time = now + .milliseconds(100 * tenth)
            // As if the connection were made anew, and by envelopes of any time.
            catchUp.begin(now: time)
            let isGathered = catchUp.gather(
                alert(Int64(tenth), breach: tenth, age: 60, sent: .seconds(-60)), wall: now, now: time)
            #expect(isGathered)
            let drained = catchUp.drain(now: time)
            #expect(drained == nil)
        }
        let late = catchUp.gather(alert(99, breach: 1, age: 60), wall: now, now: now + .seconds(5))
        #expect(!late, "the time is over")
        let drained = catchUp.drain(now: now + .seconds(5))
        #expect(drained?.act.count == 49)
        let isGathered = catchUp.gather(
            alert(100, breach: 100, age: 60, sent: .seconds(-60)), wall: now, now: now + .seconds(60))
        #expect(!isGathered, "a connection that has lasted delivers no history")
    }
}
