import PowerEvents
import Shedding
import Testing

/// What an old journal holds waits for an operator, and everything else goes on.
struct ParkingTests {
    private func parked() -> BreachWorld {
        var world = BreachWorld { $0.holdDown = .seconds(1) }
        world.accept(
            Fixture.alert(1, .active, [Fixture.hint("n1", watts: 700), Fixture.hint("n2", watts: 700)]))
        world.accept(Fixture.alert(2, .active, [Fixture.hint("n2", watts: 600)]))
        world.work()
        var after = BreachWorld { $0.holdDown = .seconds(1) }
        after.holds = world.holds
        after.durable = world.durable
        after.book = Breaches(
            site: Fixture.site, policy: after.book.policy, breaches: Array(world.durable.breaches.values),
            controls: Array(world.durable.controls.values))
        after.book.park()
        return after
    }

    @Test func nothingIsTakenUpByItself() {
        var world = parked()
        // Somebody has raised a cap meanwhile, which the watch would put back.
        world.holds[ControlKey(resource: "n1", facet: .powerLimit)] = Fixture.limit(1000)
        world.pass(.seconds(300))
        #expect(world.order.isEmpty && world.reports.isEmpty)
        #expect(world.watts("n1") == 1000)
        #expect(world.book.openBreaches.isEmpty, "nothing is said of them again")
        #expect(world.book.parking.breaches.count == 2)
    }

    @Test func aNewBreachIsEnforcedWhereNothingOldIsHeld() {
        var world = parked()
        world.accept(
            Fixture.alert(3, .active, [Fixture.hint("n1", watts: 500), Fixture.hint("n3", watts: 500)]))
        world.work()
        #expect(world.watts("n3") == 500)
        #expect(world.watts("n1") == 700, "its prior is not known to be one")
        #expect(world.lastReport?.results.map(\.code) == [.failed, .applied])
        #expect(world.lastReport?.results.first?.message?.contains("ima resume") == true)
        world.perform(world.book.resumeParked(now: world.now))
        world.pass(.seconds(60))
        #expect(world.watts("n1") == 500)
        for breach in 1...3 { world.accept(Fixture.alert(breach, .resolved)) }
        world.pass(.seconds(120))
        #expect(["n1", "n2", "n3"].allSatisfy { world.watts($0) == 1000 })
        #expect(world.book.controls.isEmpty)
    }

    @Test func aResumeGoesOnAsARestartWould() {
        var world = parked()
        world.holds[ControlKey(resource: "n1", facet: .powerLimit)] = Fixture.limit(1000)
        world.perform(world.book.resumeParked(now: world.now))
        world.work()
        #expect(world.watts("n1") == 700)
        #expect(world.book.parking.isEmpty)
    }

    @Test func aReleaseEndsOneBreachAlone() {
        var world = parked()
        world.perform(world.book.release(Fixture.id(1), now: world.now))
        world.pass(.seconds(60))
        #expect(world.watts("n1") == 1000)
        #expect(world.watts("n2") == 600, "another one holds it, and waits")
        #expect(world.book.parking.breaches == [Fixture.id(2)])
        world.perform(world.book.release(Fixture.id(2), now: world.now))
        world.pass(.seconds(600))
        #expect(world.watts("n2") == 1000)
        #expect(world.book.parking.isEmpty)
        #expect(world.book.breaches.values.allSatisfy { $0.isClosed })
    }

    /// `resolved` of a breach that waits is noted, and takes effect when it is taken up.
    @Test func anEndThatComesMeanwhileCounts() {
        var world = parked()
        for breach in 1...2 { world.accept(Fixture.alert(breach, .resolved)) }
        world.pass(.seconds(60))
        #expect(world.watts("n1") == 700)
        world.perform(world.book.resumeParked(now: world.now))
        world.pass(.seconds(120))
        #expect(world.watts("n1") == 1000)
        #expect(world.book.controls.isEmpty)
    }
}
