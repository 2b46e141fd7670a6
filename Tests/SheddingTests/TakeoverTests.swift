import PowerEvents
import Site
import StrictJSON
import Testing

@testable import Shedding

/// An agent that takes over: what the one before has sent may still arrive.
struct TakeoverTests {
    typealias Drive = ConvergenceTests.Drive
    private static let end = Fixture.start + .seconds(100)
    private static let limits = FormerWrites(lastArrival: end, isWithReset: false)
    private static let resets = FormerWrites(lastArrival: end, isWithReset: true)

    // MARK: Limits

    /// Back as it was, and a cap of the former agent may come yet.
    @Test func aReleaseIsNotOverBeforeEverythingHasArrived() {
        var drive = Drive(.prior, entry: ConvergenceTests.held(1000, 400), former: Self.limits)
        drive.run { .success(Fixture.limit($0 == 1 ? 400 : 1000)) }
        #expect(drive.kinds == ["read", "record", "write", "read"])
        #expect(drive.outcome == nil && drive.postponed == Self.end)

        var later = Drive(
            .prior, entry: drive.convergence.entry, former: FormerWrites(lastArrival: nil, isWithReset: false))
        later.run { .success(Fixture.limit($0 == 1 ? 400 : 1000)) }
        #expect(later.kinds == ["read", "record", "write", "read"] && later.outcome?.code == .applied)
    }

    /// What somebody else set may be overwritten by what comes late.
    @Test func noReleaseEndsWithSomebodyElsesValueEither() {
        var drive = Drive(.prior, entry: ConvergenceTests.held(1000, 400), former: Self.limits)
        drive.run { _ in .success(Fixture.limit(777)) }
        #expect(drive.kinds == ["read"] && drive.postponed == Self.end)
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
        #expect(drive.convergence.entry.earlierIntents == [.limit(Watts(300))])

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
            .demands([.cap(Watts(600))]), entry: entry, former: FormerWrites(lastArrival: nil, isWithReset: false))
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
        #expect(!drive.kinds.contains("write") && drive.postponed == Self.end)

        var seen = Drive(.demands([.suspended]), entry: Self.suspended(false), former: Self.resets)
        seen.run { .success(Fixture.power($0 < 3 ? .on : .off)) }
        #expect(!seen.kinds.contains("write") && seen.outcome?.code == .applied)
        #expect(seen.convergence.entry.isUnconfirmed == true, "the next one has to know")

        var start = Drive(.prior, entry: Self.suspended(true), former: Self.resets)
        start.run { _ in .success(Fixture.power(.off)) }
        #expect(!start.kinds.contains("write") && start.postponed == Self.end)
    }

    /// A former agent's power-on comes after the machine was asked for again: not its people's doing.
    @Test func aLatePowerOnIsNobodysDoing() {
        var early = Drive(.demands([.suspended]), entry: Self.suspended(true), former: Self.resets)
        early.run { _ in .success(Fixture.power(.on)) }
        #expect(!early.kinds.contains("write") && early.postponed == Self.end)
        var late = Drive(
            .demands([.suspended]), entry: Self.suspended(true),
            former: FormerWrites(lastArrival: nil, isWithReset: true))
        late.run(read: { .success(Fixture.power($0 < 8 ? .on : .off)) })
        #expect(late.kinds.count { $0 == "write" } == 1 && late.convergence.entry.reassertions == 0)
    }

    @Test func aMachineThatRunsIsLookedAtOnceMoreBeforeItsReleaseIsOver() {
        var drive = Drive(.prior, entry: Self.suspended(false), former: Self.resets)
        drive.run { _ in .success(Fixture.power(.on)) }
        #expect(drive.kinds == ["read"] && drive.postponed == Self.end)
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

    /// - Parameter longestWrite: in seconds
    private static func world(longestWrite: Int) -> CoreWorld {
        CoreWorld(
            contents: contents(ConvergenceTests.held(1000, 700)),
            before: [.takenOver(longestWrite: .seconds(longestWrite))], metersAtOnce: true)
    }

    /// It is read at once, and again when everything has arrived, however long the next look would be off.
    @Test func everythingIsReadAgainWhenAllHasArrived() throws {
        var world = Self.world(longestWrite: 20)
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

    /// The breach is not over before its last control was read after all had arrived.
    @Test func aBreachIsNotOverBeforeAllHasArrived() throws {
        var world = Self.world(longestWrite: 60)
        world.commitAll()
        try world.answerRead("n1", Fixture.limit(700))
        world.commitAll()
        world.alert(Fixture.alert(1, .resolved))
        world.commitAll()
        world.pass(.seconds(1))
        world.commitAll()
        try world.answerRead("n1", Fixture.limit(700))
        world.commitAll()
        try world.answerWrite("n1")
        try world.answerRead("n1", Fixture.limit(1000))
        world.commitAll()
        world.pass(.seconds(30))
        world.commitAll()
        #expect(world.core.book.breaches[Fixture.id(1)]?.isClosed == false)
        #expect(world.reports.last?.enforcement.diagnosticMessage?.contains("in progress") == true)
        world.pass(.seconds(30))
        // It came.
        try world.answerRead("n1", Fixture.limit(700))
        world.commitAll()
        try world.answerWrite("n1")
        try world.answerRead("n1", Fixture.limit(1000))
        world.commitAll()
        #expect(world.core.book.breaches[Fixture.id(1)]?.isClosed == true)
        #expect(world.core.book.controls.isEmpty)
    }

    /// A BMC that cannot be read is not asked over and over because it was to be read by then.
    @Test func whatCannotBeReadIsTriedByItsOwnPace() throws {
        var world = Self.world(longestWrite: 5)
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
