import PowerEvents
import Site
import Testing

@testable import Shedding

/// What goes on and what waits while the lease is away, and what is left of a core that has lost it.
struct LeaseTests {
    private static func world(_ change: @escaping (inout Policy) -> Void = { _ in }) -> CoreWorld {
        CoreWorld(before: [.lease(until: Fixture.start + .seconds(10))], metersAtOnce: true, change)
    }

    private static func hints(_ resources: String..., watts: Int = 700) -> [ShedHint] {
        resources.enumerated().map { Fixture.hint($1, priority: $0 + 1, watts: watts) }
    }

    private static func renew(_ world: inout CoreWorld, for duration: Duration = .seconds(10)) {
        world.step(.lease(until: world.now + duration))
    }

    /// What is recorded and not yet written when the lease ends is not written, and begun anew when there is one.
    @Test func aWriteThatWasDecidedOnWaitsForTheLease() throws {
        var world = Self.world()
        world.alert(Fixture.alert(1, .active, Self.hints("n1")))
        world.commitAll()
        try world.answerRead("n1", Fixture.limit(1000))
        world.now = world.now + .seconds(10)
        world.commitAll()
        #expect(world.writes.isEmpty && world.core.awaitingLease == 1)
        // As if it had never been intended.
        let key = ControlKey(resource: "n1", facet: .powerLimit)
        #expect(world.core.book.controls[key]?.entry.intent == nil)
        world.pass(.seconds(3600))
        world.commitAll()
        #expect(world.writes.isEmpty)
        Self.renew(&world)
        #expect(world.reads == ["n1"])
        try world.cap("n1", from: 1000, to: 700)
        world.pass(.seconds(2))
        world.commitAll()
        #expect(world.reports.last?.enforcement.code == .success)
        #expect(world.reports.allSatisfy { $0.enforcement.code != .error })
    }

    /// A renewal in time holds nothing up, whenever the last one would have ended.
    @Test func aRenewedLeaseChangesNothing() throws {
        var world = Self.world()
        world.alert(Fixture.alert(1, .active, Self.hints("n1")))
        world.commitAll()
        try world.answerRead("n1", Fixture.limit(1000))
        Self.renew(&world, for: .seconds(30))
        world.now = world.now + .seconds(20)
        world.commitAll()
        #expect(world.writes.count == 1)
    }

    /// What libcurl found to be too late although the core did not know.
    @Test func aWriteThatTheFenceHeldBackIsBegunAnew() throws {
        var world = Self.world()
        world.alert(Fixture.alert(1, .active, Self.hints("n1")))
        world.commitAll()
        try world.answerRead("n1", Fixture.limit(1000))
        world.commitAll()
        try world.answerWrite("n1", .failure(BMCFault(.fenced, "no lease")))
        world.pass(.seconds(5))
        world.commitAll()
        #expect(world.reads.isEmpty && world.core.awaitingLease == 1)
        Self.renew(&world)
        try world.cap("n1", from: 1000, to: 700)
        let key = ControlKey(resource: "n1", facet: .powerLimit)
        #expect(world.core.book.controls[key]?.outcome?.code == .applied)
    }

    /// What is held is read while nothing can be recorded either; what is lost is put back once there is a lease.
    @Test func whatIsHeldIsWatchedWithoutALeaseAndWithoutAJournal() throws {
        var world = Self.world()
        world.alert(Fixture.alert(1, .active, Self.hints("n1")))
        world.commitAll()
        try world.cap("n1", from: 1000, to: 700)
        world.pass(.seconds(2))
        world.commitAll()
        for _ in 0..<5 {
            world.pass(.seconds(110))
            #expect(world.reads == ["n1"])
            try world.answerRead("n1", Fixture.limit(700))
        }
        // Reports that are due pile up no more than with a disk that refuses.
        #expect(world.batches.count <= 3)
        world.pass(.seconds(40))
        try world.answerRead("n1", Fixture.limit(1000))
        #expect(world.writes.isEmpty && world.core.awaitingLease == 1)
        world.commitAll()
        Self.renew(&world)
        try world.cap("n1", from: 1000, to: 700)
    }

    /// Neither does the hold-down's end let go of anything, nor do the steps that were due meanwhile come all at once.
    @Test func aReleaseGoesOnByStepsAfterwards() throws {
        var world = Self.world { policy in
            policy.step = .percent(50)
            policy.holdDown = .seconds(5)
            policy.every = .seconds(5)
        }
        world.alert(Fixture.alert(1, .active, Self.hints("n1", "n2")))
        world.commitAll()
        try world.cap("n1", from: 1000, to: 700)
        try world.cap("n2", from: 1000, to: 700)
        world.alert(Fixture.alert(1, .resolved))
        world.commitAll()
        world.now = world.now + .seconds(10)
        for _ in 0..<10 {
            world.pass(.seconds(5))
            world.commitAll()
        }
        #expect(world.core.book.breaches[Fixture.id(1)]?.released.isEmpty == true)
        Self.renew(&world, for: .seconds(100))
        world.pass(.milliseconds(100))
        world.commitAll()
        #expect(world.core.book.breaches[Fixture.id(1)]?.released.count == 1)
        world.pass(.seconds(6))
        world.commitAll()
        #expect(world.core.book.breaches[Fixture.id(1)]?.released.count == 2)
    }

    /// Where priorities wait for each other, the one that could not be written has its grace when there is a lease.
    @Test func theGraceOfAPriorityBeginsAnew() throws {
        var world = Self.world { $0.pace = .ordered }
        world.alert(Fixture.alert(1, .active, Self.hints("n1", "n2"), severity: .warning))
        world.commitAll()
        try world.answerRead("n1", Fixture.limit(1000))
        world.now = world.now + .seconds(10)
        world.commitAll()
        world.pass(.seconds(30))
        world.commitAll()
        #expect(world.reads.isEmpty)
        Self.renew(&world)
        #expect(world.reads == ["n1"])
        world.pass(.seconds(3))
        #expect(world.reads == ["n1", "n2"])
    }

    /// Nothing that cannot be done is due.
    @Test func nothingIsDueThatWaitsForTheLease() throws {
        var world = Self.world { $0.holdDown = .seconds(5) }
        world.alert(Fixture.alert(1, .active, Self.hints("n1")))
        world.commitAll()
        try world.cap("n1", from: 1000, to: 700)
        world.alert(Fixture.alert(1, .resolved))
        world.commitAll()
        world.pass(.seconds(10))
        world.commitAll()
        let next = world.core.nextDue(now: world.now)
        #expect(next.map { $0 > world.now } ?? true, "it would spin")
        Self.renew(&world)
        #expect(world.core.nextDue(now: world.now).map { $0 <= world.now } == true)
    }

    @Test func aLostLeaseEndsEverything() throws {
        var world = Self.world()
        world.alert(Fixture.alert(1, .active, Self.hints("n1")))
        world.commitAll()
        try world.answerRead("n1", Fixture.limit(1000))
        #expect(world.step(.leaseLost).batches.isEmpty)
        let ready = world.step(.durable(BatchID(number: 2)))
        #expect(ready.effectsNow.isEmpty && ready.batches.isEmpty)
        #expect(world.step(.command(.freeze(Freeze()))).answer == .notLeading)
        Self.renew(&world)
        world.alert(Fixture.alert(2, .active, Self.hints("n2")))
        world.pass(.seconds(10))
        #expect(world.writes.isEmpty && world.reads.isEmpty)
        #expect(world.core.nextDue(now: world.now) == nil && world.core.isAtRest && world.core.isIdle)
    }
}
