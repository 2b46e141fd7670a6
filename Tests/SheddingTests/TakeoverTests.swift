import PowerEvents
import Site
import StrictJSON
import Testing

@testable import Shedding

/// An agent that takes over: what the one before has sent may still arrive.
struct TakeoverTests {
    typealias Drive = ConvergenceTests.Drive
    private static let end = Fixture.start + .seconds(100)
    private static let answered = Fixture.start + .seconds(20)
    private static let limits = FormerWrites(lastAnswer: answered, lastArrival: end, isWithReset: false)
    private static let resets = FormerWrites(lastAnswer: answered, lastArrival: end, isWithReset: true)
    /// All BMCs must have answered, and one may yet make something of it.
    private static let answeredLimits = FormerWrites(lastAnswer: nil, lastArrival: end, isWithReset: false)
    private static let over = FormerWrites(lastAnswer: nil, lastArrival: nil, isWithReset: false)

    // MARK: Limits

    private static func unseen() -> ControlEntry {
        var entry = ConvergenceTests.held(1000, 400)
        entry.isUnconfirmed = true
        return entry
    }

    /// Back as it was, and a cap of the former agent may come yet.
    @Test func aReleaseIsNotOverBeforeBMCsMustHaveAnswered() {
        var drive = Drive(.prior, entry: Self.unseen(), former: Self.limits)
        drive.run { .success(Fixture.limit($0 == 1 ? 400 : 1000)) }
        #expect(drive.kinds == ["read", "record", "write", "read"])
        #expect(drive.outcome == nil && drive.postponed == Self.answered)

        var answered = Drive(.prior, entry: drive.convergence.entry, former: Self.answeredLimits)
        answered.run { _ in .success(Fixture.limit(1000)) }
        #expect(answered.kinds == ["read"] && answered.outcome?.code == .applied)

        var later = Drive(
            .prior, entry: drive.convergence.entry, former: Self.over)
        later.run { .success(Fixture.limit($0 == 1 ? 400 : 1000)) }
        #expect(later.kinds == ["read", "record", "write", "read"] && later.outcome?.code == .applied)
    }

    /// What somebody else set may be overwritten by what comes late.
    @Test func noReleaseEndsWithSomebodyElsesValueEither() {
        var drive = Drive(.prior, entry: ConvergenceTests.held(1000, 400), former: Self.limits)
        drive.run { _ in .success(Fixture.limit(777)) }
        #expect(drive.kinds == ["read"] && drive.postponed == Self.answered)
    }

    /// Of what was seen to hold, nothing is on its way but the way back.
    @Test func aReleaseThatWasUnderWayIsOverOnceItIsReadBack() {
        var drive = Drive(.prior, entry: ConvergenceTests.held(1000, 400), former: Self.limits)
        drive.run { .success(Fixture.limit($0 == 1 ? 400 : 1000)) }
        #expect(drive.kinds == ["read", "record", "write", "read"] && drive.outcome?.code == .applied)

        var arrived = Drive(.prior, entry: ConvergenceTests.held(1000, 400), former: Self.limits)
        arrived.run { _ in .success(Fixture.limit(1000)) }
        #expect(arrived.kinds == ["read"] && arrived.outcome?.code == .applied)
    }

    /// What was put back, and is somebody else's since, is what the next hold finds there.
    @Test func whatWasPutBackAndChangedSinceIsTheNextPrior() {
        var drive = Drive(
            .demands([.cap(Watts(500))]), entry: Self.unseen(), former: Self.answeredLimits, isRestored: true)
        drive.run { .success(Fixture.limit($0 == 1 ? 777 : 500)) }
        #expect(drive.convergence.entry.prior?.value == .limit(Watts(777)))

        var late = Drive(
            .demands([.cap(Watts(500))]), entry: Self.unseen(), former: Self.answeredLimits, isRestored: true)
        late.run { .success(Fixture.limit($0 == 1 ? 400 : 500)) }
        #expect(late.convergence.entry.prior?.value == .limit(Watts(1000)))
    }

    /// A former agent's write back comes after this one has capped: it is put back, and counts as nobody's doing.
    @Test func aLateRestoreIsNoDrift() {
        var entry = ConvergenceTests.held(1000, 400)
        entry.reassertions = 5
        var drive = Drive(.demands([.cap(Watts(400))]), entry: entry, former: Self.limits)
        drive.run { .success(Fixture.limit($0 == 1 ? 1000 : 400)) }
        #expect(drive.outcome?.code == .applied && drive.convergence.entry.reassertions == 5)

        var without = Drive(.demands([.cap(Watts(400))]), entry: entry)
        without.run { .success(Fixture.limit($0 == 1 ? 1000 : 400)) }
        #expect(without.outcome?.code == .failed, "contended")
    }

    /// A tighter cap of a breach that is over comes after a looser one was read back.
    @Test func aLateCapIsWrittenOverAndPutBack() {
        var drive = Drive(
            .demands([.cap(Watts(600))]), entry: UnconfirmedWriteTests.unconfirmed(300), former: Self.limits)
        drive.run { .success(Fixture.limit($0 == 1 ? 700 : 600)) }
        #expect(drive.convergence.entry.held == .limit(Watts(600)))
        #expect(drive.convergence.entry.earlierIntents == [.limit(Watts(300)), .limit(Watts(600))])

        var again = Drive(.demands([.cap(Watts(600))]), entry: drive.convergence.entry, former: Self.limits)
        again.run { .success(Fixture.limit($0 == 1 ? 300 : 600)) }
        #expect(again.kinds == ["read", "record", "write", "read"])

        // Another one takes over, and knows of it.
        var release = Drive(.prior, entry: drive.convergence.entry)
        release.run { .success(Fixture.limit($0 == 1 ? 300 : 700)) }
        #expect(release.kinds == ["read", "record", "write", "read"] && release.outcome?.code == .applied)
    }

    /// What is read after all has arrived ends the doubt.
    @Test func nothingIsRememberedForLongerThanItMayArrive() {
        var entry = ConvergenceTests.held(1000, 600)
        entry.earlierIntents = [.limit(Watts(300))]
        var drive = Drive(
            .demands([.cap(Watts(600))]), entry: entry, former: Self.over)
        drive.run { _ in .success(Fixture.limit(600)) }
        #expect(drive.outcome?.code == .applied && drive.convergence.entry.earlierIntents == nil)
    }

    // MARK: Power

    private static func suspended(_ isDown: Bool) -> ControlEntry {
        var entry = Fixture.entry("n1", .powerState)
        entry.prior = .init(value: .power(.on), fragment: ["PowerState": "On"], takenAt: Fixture.start)
        entry.intent = .power(.off)
        if isDown { entry.held = .power(.off) } else { entry.isUnconfirmed = true }
        return entry
    }

    @Test func noResetBeforeTheFormerOneHasArrived() {
        var drive = Drive(.demands([.suspended]), entry: Self.suspended(false), former: Self.resets)
        drive.run { _ in .success(Fixture.power(.on)) }
        #expect(drive.kinds == ["read"] && drive.postponed == Fixture.start + Convergence.resetPause)

        var seen = Drive(.demands([.suspended]), entry: Self.suspended(false), former: Self.resets)
        seen.run { _ in .success(Fixture.power(.off)) }
        #expect(!seen.kinds.contains("write") && seen.outcome?.code == .applied)
        #expect(seen.convergence.entry.isUnconfirmed == true, "the next one has to know")

        var start = Drive(.prior, entry: Self.suspended(true), former: Self.resets)
        start.run { _ in .success(Fixture.power(.off)) }
        #expect(start.kinds == ["read"] && start.postponed == Fixture.start + Convergence.resetPause)
        // It came about.
        var started = Drive(.prior, entry: Self.suspended(true), former: Self.resets)
        started.run { _ in .success(Fixture.power(.on)) }
        #expect(started.kinds == ["read"] && started.outcome?.code == .applied)
        // Down in doubt of which agent did it, and on again: no shutdown is waited for any more.
        var doubted = Self.suspended(true)
        doubted.isUnconfirmed = true
        var done = Drive(.prior, entry: doubted, former: Self.over)
        done.run { _ in .success(Fixture.power(.on)) }
        #expect(done.outcome?.code == .applied)
        // It was never sent.
        var unsent = Drive(
            .demands([.suspended]), entry: Self.suspended(false),
            former: FormerWrites(lastAnswer: nil, lastArrival: Self.end, isWithReset: true))
        unsent.run { .success(Fixture.power($0 == 1 ? .on : .off)) }
        #expect(unsent.kinds == ["read", "record", "write", "read"], "it was waited for")
    }

    /// A former agent's power-on comes after the machine was asked for again: not its people's doing.
    @Test func aLatePowerOnIsNobodysDoing() {
        var early = Drive(.demands([.suspended]), entry: Self.suspended(true), former: Self.resets)
        early.run { _ in .success(Fixture.power(.on)) }
        #expect(early.kinds == ["read"] && early.postponed == Fixture.start + Convergence.resetPause)
        var late = Drive(
            .demands([.suspended]), entry: Self.suspended(true),
            former: FormerWrites(lastAnswer: nil, lastArrival: Self.end, isWithReset: true))
        late.run(read: { .success(Fixture.power($0 < 8 ? .on : .off)) })
        #expect(late.kinds.count { $0 == "write" } == 1 && late.convergence.entry.reassertions == 0)
    }

    @Test func aMachineThatRunsIsLookedAtOnceMoreBeforeItsReleaseIsOver() {
        var drive = Drive(.prior, entry: Self.suspended(false), former: Self.resets)
        drive.run { _ in .success(Fixture.power(.on)) }
        #expect(drive.kinds == ["read"] && drive.postponed == Self.answered)
    }

    // MARK: The core

    private static func contents(_ entries: ControlEntry...) -> Core.Contents {
        var policy = Policy()
        policy.holdDown = .zero
        var book = Breaches(site: Fixture.site, policy: policy)
        _ = book.accept(
            Fixture.alert(1, .active, [Fixture.hint("n1", watts: 700)]), origin: Fixture.origin, now: Fixture.start)
        return Core.Contents(
            breaches: Array(book.breaches.values), controls: entries, lastRecordAt: Fixture.start)
    }

    /// - Parameters:
    ///   - request: the longest, in seconds
    ///   - write: likewise
    private static func world(request: Int, write: Int, _ entry: ControlEntry) -> CoreWorld {
        CoreWorld(
            contents: contents(entry),
            before: [.takenOver(FormerBounds(request: .seconds(request), write: .seconds(write)))], metersAtOnce: true)
    }

    private static func unconfirmed() -> ControlEntry {
        var entry = ConvergenceTests.held(1000, 700)
        entry.isUnconfirmed = true
        return entry
    }

    /// It is read at once, and again when everything has arrived, however long the next look would be off.
    @Test func everythingIsReadAgainWhenAllHasArrived() throws {
        var world = Self.world(request: 10, write: 20, Self.unconfirmed())
        world.commitAll()
        try world.answerRead("n1", Fixture.limit(700))
        world.commitAll()
        world.pass(.seconds(19))
        world.commitAll()
        #expect(world.reads.isEmpty)
        world.pass(.seconds(1))
        #expect(world.reads == ["n1"])
        try world.answerRead("n1", Fixture.limit(700))
        world.commitAll()
        #expect(world.core.book.former.isEmpty)
        world.pass(.seconds(20))
        #expect(world.reads.isEmpty, "from then on as ever")
    }

    /// A request whose answer is in the journal is not in doubt.
    @Test func whatWasAnsweredIsNotInDoubt() throws {
        var world = Self.world(request: 20, write: 60, ConvergenceTests.held(1000, 700))
        #expect(world.core.book.former.isEmpty)
        world.commitAll()
        try world.answerRead("n1", Fixture.limit(700))
        world.commitAll()
        try Self.release(&world)
        #expect(world.core.book.breaches[Fixture.id(1)]?.isClosed == true)
        #expect(world.core.book.controls.isEmpty)
        #expect(world.reports.last?.enforcement.action == .reverted)
    }

    /// What one agent left in doubt is in doubt for the next but one, although it was written over and read back since.
    @Test func doubtOutlivesTheAgentThatTookOver() throws {
        var world = Self.world(request: 10, write: 20, Self.unconfirmed())
        world.commitAll()
        try world.answerRead("n1", Fixture.limit(700))
        world.commitAll()
        let entry = try #require(world.core.book.controls.values.first?.entry)
        #expect(entry.isUnconfirmed != true)
        let next = Self.world(request: 10, write: 20, entry)
        #expect(!next.core.book.former.isEmpty)
    }

    /// The alert is resolved, and the one control put back.
    private static func release(_ world: inout CoreWorld) throws {
        world.alert(Fixture.alert(1, .resolved))
        world.commitAll()
        world.pass(.seconds(1))
        world.commitAll()
        try world.answerRead("n1", Fixture.limit(700))
        world.commitAll()
        try world.answerWrite("n1")
        try world.answerRead("n1", Fixture.limit(1000))
        world.commitAll()
    }

    /// The breach is not over before a BMC must have answered all; a look when all has arrived puts right what came later.
    @Test func aBreachIsOverWhenBMCsMustHaveAnswered() throws {
        var world = Self.world(request: 20, write: 60, Self.unconfirmed())
        world.commitAll()
        try world.answerRead("n1", Fixture.limit(700))
        world.commitAll()
        try Self.release(&world)
        world.pass(.seconds(12))
        world.commitAll()
        #expect(world.core.book.breaches[Fixture.id(1)]?.isClosed == false)
        #expect(world.reports.last?.enforcement.diagnosticMessage?.contains("in progress") == true)
        world.pass(.seconds(7))
        try world.answerRead("n1", Fixture.limit(1000))
        world.commitAll()
        #expect(world.core.book.breaches[Fixture.id(1)]?.isClosed == true)
        #expect(world.core.book.controls.count == 1, "kept in mind")
        let reports = world.reports.count
        world.pass(.seconds(40))
        // It came.
        try world.answerRead("n1", Fixture.limit(700))
        world.commitAll()
        try world.answerWrite("n1")
        try world.answerRead("n1", Fixture.limit(1000))
        world.commitAll()
        #expect(world.core.book.controls.isEmpty)
        #expect(world.reports.count == reports, "without a word")
    }

    /// A BMC that cannot be read is not asked over and over because it was to be read by then.
    @Test func whatCannotBeReadIsTriedByItsOwnPace() throws {
        var world = Self.world(request: 2, write: 5, Self.unconfirmed())
        world.commitAll()
        for _ in 0..<3 {
            while !world.reads.isEmpty {
                let index = world.effects.firstIndex { if case .read = $0 { true } else { false } }
                guard case .read(let order) = world.effects.remove(at: try #require(index)) else { return }
                world.step(.read(order.id, .failure(BMCFault(.untrusted, "another certificate"))))
                world.commitAll()
            }
            world.pass(.seconds(10))
            world.commitAll()
        }
        #expect(world.reads.count <= 1)
        #expect(world.core.nextDue(now: world.now).map { $0 > world.now } ?? true)
    }
}
