import PowerEvents
import Shedding
import StrictJSON
import Testing

/// Writes of which it is not known what became of them: they may be in force, or come to be, and stay ours.
struct UnconfirmedWriteTests {
    typealias Drive = ConvergenceTests.Drive
    static let refusal = BMCFault(.refused, "licence")
    static let doubt = BMCFault(.unknownEffect, "time-out")

    /// A refused second attempt says nothing of the first: some BMCs prepare a limit in a request of its own, and what
    /// such a request left would have been taken for the prior.
    @Test func aRefusalAfterAnUnansweredWriteForgetsNothing() {
        var drive = Drive(.demands([.cap(Watts(500))]))
        drive.run(
            read: { _ in .success(Fixture.limit(700)) }, write: { .failure($0 == 1 ? Self.doubt : Self.refusal) })
        #expect(drive.outcome?.code == .failed)
        #expect(drive.convergence.entry.intent == .limit(Watts(500)))

        var next = Drive(.demands([.cap(Watts(500))]), entry: drive.convergence.entry)
        next.run { $0 == 1 ? .success(Fixture.limit(900)) : .success(Fixture.limit(500)) }
        #expect(next.convergence.entry.prior?.value == .limit(Watts(700)))
    }

    /// As the journal has it after a crash, or after a hold that ended in doubt.
    static func unconfirmed(_ intent: Int) -> ControlEntry {
        var entry = ConvergenceTests.held(700, intent)
        entry.held = nil
        entry.isUnconfirmed = true
        return entry
    }

    @Test func aRefusedLowerCapLeavesTheUnansweredOneOurs() {
        var drive = Drive(.demands([.cap(Watts(400))]), entry: Self.unconfirmed(500))
        drive.run(read: { _ in .success(Fixture.limit(700)) }, write: { _ in .failure(Self.refusal) })
        // Neither is known not to take: both would be put back.
        #expect(drive.convergence.entry.intent == .limit(Watts(400)))
        #expect(drive.convergence.entry.earlierIntents == [.limit(Watts(500))])
        #expect(drive.convergence.entry.isUnconfirmed == true)
    }

    @Test func allUnansweredCapsAreRecognised() {
        var drive = Drive(.demands([.cap(Watts(400))]), entry: Self.unconfirmed(500))
        drive.run(read: { _ in .success(Fixture.limit(700)) }, write: { _ in .failure(Self.doubt) })
        #expect(drive.outcome?.code == .failed)

        // The first of them takes after all.
        var release = Drive(.prior, entry: drive.convergence.entry)
        release.run { .success(Fixture.limit($0 == 1 ? 500 : 700)) }
        #expect(release.kinds == ["read", "record", "write", "read"])
    }

    @Test func aConfirmedCapEndsTheDoubt() {
        var drive = Drive(.demands([.cap(Watts(400))]), entry: Self.unconfirmed(500))
        drive.run { .success(Fixture.limit($0 == 1 ? 700 : 400)) }
        #expect(drive.outcome?.code == .applied)

        var release = Drive(.prior, entry: drive.convergence.entry)
        release.run { _ in .success(Fixture.limit(500)) }
        #expect(release.outcome?.code == .skipped)
    }

    /// Firmware that keeps limits in steps of its own and does not tell them.
    @Test(arguments: [(490, true), (515, true), (400, false), (690, false)])
    func whatABMCMadeOfACapIsPutBack(made: Int, isNear: Bool) {
        var drive = Drive(.demands([.cap(Watts(500))]))
        drive.run { .success(Fixture.limit($0 == 1 ? 700 : made)) }
        #expect(drive.outcome?.code == (isNear ? .applied : .failed))
        #expect(drive.outcome?.value == .limit(Watts(made)))

        var release = Drive(.prior, entry: drive.convergence.entry)
        release.run { .success(Fixture.limit($0 == 1 ? made : 700)) }
        #expect(release.kinds.contains("write"))
        #expect(release.outcome?.code == .applied)
    }

    /// Some limits are set and put in force by requests of their own. What was put in force may be what stood there
    /// before: half of our change, so ours to mend and to put back.
    @Test func aDormantLimitPutInForceByHalfAChangeIsOurs() {
        var first = Drive(.demands([.cap(Watts(500))]))
        first.run(read: { _ in .success(Self.dormant(300)) }, write: { _ in .failure(Self.doubt) })
        #expect(first.outcome?.code == .failed)

        var again = Drive(.demands([.cap(Watts(500))]), entry: first.convergence.entry)
        again.run { .success(Fixture.limit($0 == 1 ? 300 : 500)) }
        #expect(again.outcome?.code == .applied)
        #expect(again.kinds == ["read", "record", "write", "read"])

        var release = Drive(.prior, entry: first.convergence.entry)
        release.run { .success($0 == 1 ? Fixture.limit(300) : Self.dormant(300)) }
        #expect(release.kinds == ["read", "record", "write", "read"])
    }

    @Test func aDormantLimitThatSomebodyElsePutInForceIsTheirs() {
        var first = Drive(.demands([.cap(Watts(500))]))
        first.run { .success($0 == 1 ? Self.dormant(300) : Fixture.limit(500)) }
        #expect(first.outcome?.code == .applied)

        var release = Drive(.prior, entry: first.convergence.entry)
        release.run { _ in .success(Fixture.limit(300)) }
        #expect(release.outcome?.code == .skipped)
    }

    static func dormant(_ watts: Int) -> Reading {
        var reading = Fixture.limit(nil)
        reading.dormant = Watts(watts)
        return reading
    }

    /// A restore of two requests, of which the first was obeyed and refused as the time ran out: it is not done yet.
    @Test func aRestoreThatCameHalfAboutInTheEndIsTriedAgain() {
        var entry = ConvergenceTests.held(700, 500)
        entry.prior = .init(
            value: .limit(nil), fragment: ["Limit": 900, "Armed": false], takenAt: Fixture.start, dormant: Watts(900))
        let half = Reading(value: .limit(nil), fragment: ["Limit": 500, "Armed": false])
        for (failedReverts, isDone) in [(0, false), (1, true)] {
            var terms = Convergence.Terms(floor: nil, policy: Policy(), deadline: Fixture.start + .seconds(10))
            terms.failedReverts = failedReverts
            var convergence = Convergence(entry: entry, goal: .prior, terms: terms)
            _ = convergence.start()
            let held = Reading(value: .limit(Watts(500)), fragment: ["Limit": 500, "Armed": true])
            #expect(convergence.didRead(.success(held), now: Fixture.start) == .record)
            _ = convergence.didRecord()
            #expect(convergence.didWrite(.failure(Self.refusal), now: Fixture.start) == .read)
            var step = convergence.didRead(.success(half), now: Fixture.start + .seconds(10))
            while case .wait = step {
                _ = convergence.didWait(now: Fixture.start + .seconds(10))
                step = convergence.didRead(.success(half), now: Fixture.start + .seconds(10))
            }
            guard case .finish(let outcome) = step else {
                Issue.record("\(step)")
                continue
            }
            #expect((outcome.code == .applied) == isDone, "\(outcome)")
        }
    }
}
