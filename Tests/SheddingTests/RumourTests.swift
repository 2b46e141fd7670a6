import PowerEvents
import Shedding
import StrictJSON
import Testing

/// What a BMC answers is a rumour; what it shows is the truth.
struct RumourTests {
    typealias Drive = ConvergenceTests.Drive
    static let refusals: [BMCFault] = [
        BMCFault(.refused, "HTTP 400"), BMCFault(.refused, "HTTP 409"), BMCFault(.unauthorized, "HTTP 403"),
        BMCFault(.busy, "HTTP 503", retryAfter: .seconds(1)), BMCFault(.unknownEffect, "the task's monitor: HTTP 403"),
        BMCFault(.invalidAnswer, "HTML"),
    ]

    @Test(arguments: refusals)
    func aLimitThatWasObeyedAndRefusedIsApplied(fault: BMCFault) {
        var drive = Drive(.demands([.cap(Watts(500))]))
        drive.run(read: { .success(Fixture.limit($0 == 1 ? 700 : 500)) }, write: { _ in .failure(fault) })
        #expect(drive.outcome?.code == .applied)
        #expect(drive.kinds == ["read", "record", "write", "read"])

        var release = Drive(.prior, entry: drive.convergence.entry)
        release.run(read: { .success(Fixture.limit($0 == 1 ? 500 : 700)) }, write: { _ in .failure(fault) })
        #expect(release.outcome?.code == .applied)
        #expect(release.kinds == ["read", "record", "write", "read"])
    }

    @Test(arguments: refusals)
    func aShutdownThatWasObeyedAndRefusedIsOursToUndo(fault: BMCFault) {
        var drive = Drive(.demands([.suspended]), entry: Fixture.entry("n1", .powerState))
        drive.run(
            read: { .success(Fixture.power($0 < 3 ? .on : .off)) }, write: { _ in .failure(fault) })
        #expect(drive.outcome?.code == .applied)
        #expect(drive.kinds.filter { $0 == "write" }.count == 1)

        var release = Drive(.prior, entry: drive.convergence.entry)
        release.run(read: { .success(Fixture.power($0 < 3 ? .off : .on)) }, write: { _ in .failure(fault) })
        #expect(release.outcome?.code == .applied)
        #expect(release.kinds.filter { $0 == "write" }.count == 1)
    }

    /// It goes down long after it was refused; the next look finds it so, and the release powers it on.
    @Test func aShutdownThatComesAfterItsRefusalIsOurs() {
        var drive = Drive(.demands([.suspended]), entry: Fixture.entry("n1", .powerState))
        drive.run(read: { _ in .success(Fixture.power(.on)) }, write: { _ in .failure(Self.refusals[0]) })
        #expect(drive.outcome?.code == .failed)

        var release = Drive(.prior, entry: drive.convergence.entry)
        release.run { .success(Fixture.power($0 == 1 ? .off : .on)) }
        #expect(release.kinds == ["read", "record", "write", "read"])
    }

    /// Never twice without a look at the power state in between.
    @Test(arguments: refusals)
    func aResetIsNeverRepeatedBlindly(fault: BMCFault) {
        var drive = Drive(.demands([.suspended]), entry: Fixture.entry("n1", .powerState))
        drive.run(read: { _ in .success(Fixture.power(.on)) }, write: { _ in .failure(fault) })
        for (one, next) in zip(drive.kinds, drive.kinds.dropFirst()) { #expect(!(one == "write" && next == "write")) }
    }

    /// 640 for 700 is no rounding: it failed, and it is ours to put back; it is not written again at each look.
    @Test func whatABMCClampsIsOursToPutBack() {
        var drive = Drive(.demands([.cap(Watts(700))]))
        drive.run { .success(Fixture.limit($0 == 1 ? 1000 : 640)) }
        #expect(drive.outcome?.code == .failed)
        #expect(drive.convergence.entry.made == .limit(Watts(640)))

        var watch = Drive(.demands([.cap(Watts(700))]), entry: drive.convergence.entry)
        watch.run { _ in .success(Fixture.limit(640)) }
        #expect(watch.kinds == ["read"])
        #expect(watch.outcome?.code == .failed)

        var release = Drive(.prior, entry: watch.convergence.entry)
        release.run { .success(Fixture.limit($0 == 1 ? 640 : 1000)) }
        #expect(release.outcome?.code == .applied)
        #expect(release.kinds == ["read", "record", "write", "read"])
    }

    /// Within its steps it is applied, whether they are told or not, and the watch leaves it alone.
    @Test(arguments: [(692, nil), (708, nil), (650, 64), (695, 10)] as [(Int, Int?)])
    func roundingIsApplied(made: Int, increment: Int?) {
        func shown(_ watts: Int) -> Reading {
            var reading = Fixture.limit(watts)
            // A step that is told would be rounded to beforehand; this BMC keeps others than it tells.
            reading.range.increment = increment.map { Watts($0) }
            return reading
        }
        var drive = Drive(.demands([.cap(Watts(increment == nil ? 700 : 704))]))
        drive.run { .success($0 == 1 ? Fixture.limit(1000) : shown(made)) }
        #expect(drive.outcome?.code == .applied)
        #expect(drive.outcome?.value == .limit(Watts(made)))

        var watch = Drive(
            .demands([.cap(Watts(increment == nil ? 700 : 704))]), entry: drive.convergence.entry)
        watch.run { _ in .success(Fixture.limit(made)) }
        #expect(watch.kinds == ["read"])
        #expect(watch.outcome?.code == .applied)
    }

    /// What an earlier, higher cap left there is not what the BMC made of a lower one that it refused.
    @Test func anEarlierCapIsNoRoundingOfALowerOne() {
        var entry = ConvergenceTests.held(700, 510)
        entry.intend(.limit(Watts(500)))
        var drive = Drive(.demands([.cap(Watts(500))]), entry: entry)
        drive.run(read: { _ in .success(Fixture.limit(510)) }, write: { _ in .failure(Self.refusals[0]) })
        #expect(drive.outcome?.code == .failed)
    }

    /// A BMC accepts a tighter cap and keeps the one that it has, which an earlier demand had put there: within a twentieth
    /// or not, at the first look or a later one, with somebody else's value in between or without.
    @Test(arguments: [400, 490], [nil, 700])
    func anEarlierCapIsNotWhatBecameOfATighterOne(wanted: Int, between: Int?) {
        var entry = ConvergenceTests.held(1000, 500)
        for turn in 0..<3 {
            var drive = Drive(.demands([.cap(Watts(wanted))]), entry: entry)
            drive.run { .success(Fixture.limit($0 == 1 && turn == 0 ? between ?? 500 : 500)) }
            if between == nil || wanted == 400 {
                #expect(drive.outcome?.code == .failed, "turn \(turn): \(drive.outcome?.message ?? "")")
                #expect(drive.outcome?.message?.contains("500 W") == true)
                #expect(drive.outcome?.message?.contains("somebody else") != true)
            }
            entry = drive.convergence.entry
        }
        var release = Drive(.prior, entry: entry)
        release.run { .success(Fixture.limit($0 == 1 ? 500 : 1000)) }
        #expect(release.steps.contains { $0.hasPrefix("write") }, "it is ours to put back all the same")
    }

    /// The BMC refused our cap and showed that it had not taken; then somebody sets the very same.
    @Test func whatSomebodySetsAfterOurRefusedWriteIsTheirs() {
        var drive = Drive(.demands([.cap(Watts(500))]))
        drive.run(read: { _ in .success(Fixture.limit(1000)) }, write: { _ in .failure(Self.refusals[0]) })
        #expect(drive.outcome?.code == .failed)
        let refused = drive.convergence.entry

        var watch = Drive(.demands([.cap(Watts(500))]), entry: refused)
        watch.run { _ in .success(Fixture.limit(500)) }
        #expect(watch.outcome?.code == .applied)
        #expect(watch.outcome?.message == "already limited to 500 W")
        for entry in [watch.convergence.entry, refused] {
            var release = Drive(.prior, entry: entry)
            release.run { _ in .success(Fixture.limit(500)) }
            #expect(release.kinds == ["read"], "\(release.kinds)")
            #expect(release.outcome?.code != .failed)
        }
    }

    /// The same where an earlier write was never answered: it may be what took.
    @Test func whatMayHaveTakenIsOurs() {
        var drive = Drive(.demands([.cap(Watts(500))]))
        drive.run(
            read: { _ in .success(Fixture.limit(1000)) },
            write: { $0 == 1 ? .failure(BMCFault(.unknownEffect, "no answer")) : .failure(Self.refusals[0]) })
        var watch = Drive(.demands([.cap(Watts(500))]), entry: drive.convergence.entry)
        watch.run { _ in .success(Fixture.limit(500)) }
        #expect(watch.convergence.entry.prior?.value == .limit(Watts(1000)))
        #expect(watch.convergence.entry.held == .limit(Watts(500)))
    }

    /// Somebody else wrote 1000 W between our look and our write: that is what was there before us.
    @Test func anOvertakenWriteTakesTheNewValueAsThePrior() {
        var drive = Drive(.demands([.cap(Watts(500))]))
        drive.run(
            read: { .success(Fixture.limit([1000, 900][safe: $0 - 1] ?? ($0 == 3 ? 900 : 500))) },
            write: { $0 == 1 ? .failure(BMCFault(.overtaken, "HTTP 412")) : .success(()) })
        #expect(drive.outcome?.code == .applied)
        #expect(drive.convergence.entry.prior?.value == .limit(Watts(900)))
    }

    /// A BMC that says 412 to what it obeyed does not make our own cap the prior.
    @Test func anOvertakenWriteThatTookIsOurs() {
        var drive = Drive(.demands([.cap(Watts(500))]))
        drive.run(
            read: { .success(Fixture.limit($0 == 1 ? 1000 : 500)) },
            write: { _ in .failure(BMCFault(.overtaken, "HTTP 412")) })
        #expect(drive.outcome?.code == .applied)
        #expect(drive.convergence.entry.prior?.value == .limit(Watts(1000)))
    }

    /// Frozen between the record and the write: what an operator sets meanwhile is the prior of the next attempt.
    @Test func aWriteThatWasHeldBackLeavesNothingOfOurs() {
        var convergence = Convergence(
            entry: Fixture.entry("n1"), goal: .demands([.cap(Watts(500))]),
            terms: .init(floor: nil, policy: Policy(), deadline: Fixture.start + .seconds(60)))
        _ = convergence.didRead(.success(Fixture.limit(1000)), now: Fixture.start)
        _ = convergence.didRecord()
        _ = convergence.didNotWrite(.failed(.frozen))
        #expect(convergence.entry.intent == nil)

        var next = Drive(.demands([.cap(Watts(500))]), entry: convergence.entry)
        next.run { .success(Fixture.limit($0 == 1 ? 900 : 500)) }
        #expect(next.convergence.entry.prior?.value == .limit(Watts(900)))
    }

    /// A control that moved to another kind gets its prior's meaning, never another kind's members.
    @Test(arguments: [nil, 900] as [Int?])
    func aMovedControlGetsItsPriorsMeaning(prior: Int?) {
        func shown(_ watts: Int?, _ path: String) -> Reading {
            var reading = Fixture.limit(watts)
            reading.place = ControlPlace(path: path, dialect: path)
            return reading
        }
        var drive = Drive(.demands([.cap(Watts(500))]))
        drive.run { .success(shown($0 == 1 ? prior : 500, "/old")) }
        #expect(drive.outcome?.code == .applied)

        var release = Drive(.prior, entry: drive.convergence.entry)
        release.run { .success(shown($0 == 1 ? 500 : prior, "/new")) }
        #expect(release.outcome?.code == .applied)
        let writes = release.steps.filter { $0.hasPrefix("write") }
        #expect(
            writes == [
                prior == nil ? "write \(Convergence.Write.lift)" : "write \(Convergence.Write.limit(Watts(900)))"
            ])
    }
}

extension Array {
    fileprivate subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
