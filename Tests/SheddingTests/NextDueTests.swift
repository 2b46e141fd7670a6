import PowerEvents
import Testing

@testable import Shedding

/// ``Breaches/nextDue`` is when ``Breaches/tick(now:)`` has something to do: no earlier and no later.
struct NextDueTests {
    /// Goes on in steps as small as those of the agent, and sees to it that a tick acts when, and only when, it said so.
    private func pass(_ duration: Duration, _ world: inout BreachWorld) {
        let end = world.now + duration
        while world.now < end {
            world.now = world.now + .milliseconds(100)
            let isDue = world.book.nextDue.map { $0 <= world.now } ?? false
            let actions = world.book.tick(now: world.now)
            let changes = world.book.takeChanges()
            if !isDue { #expect(actions.isEmpty && changes.isEmpty, "at \(world.now): \(actions)") }
            // What was due has been done.
            let next = world.book.nextDue
            #expect(next.map { $0 > world.now } ?? true, "at \(world.now)")
            world.save(changes)
            world.perform(actions)
            world.work()
        }
    }

    @Test func ofABreachFromItsFirstAlertToItsEnd() {
        var world = BreachWorld { $0.step = .percent(50) }
        let first = world.book.nextDue
        #expect(first == nil)
        world.accept(
            Fixture.alert(
                1, .active,
                [
                    Fixture.hint("n1", priority: 1, watts: 500), Fixture.hint("n2", priority: 2, watts: 500),
                    Fixture.hint("n3", .suspend, priority: 3),
                ], severity: .warning))
        world.work(atMost: 1)
        pass(.seconds(4), &world)
        world.holds[ControlKey(resource: "n1", facet: .powerLimit)] = Fixture.limit(900)
        world.faults[ControlKey(resource: "n2", facet: .powerLimit)] = BMCFault(.refused, "no")
        pass(.seconds(130), &world)
        world.accept(Fixture.alert(1, .resolved))
        pass(.seconds(40), &world)
        world.faults = [:]
        pass(.seconds(400), &world)
        let last = world.book.nextDue
        #expect(world.book.isIdle && last == nil)
    }

    @Test func ofWhatWaitsForAnOperator() {
        var world = BreachWorld()
        world.accept(Fixture.alert(1, .active, [Fixture.hint("n1", watts: 500), Fixture.hint("n2", priority: 2)]))
        world.work()
        world.book.freeze()
        world.perform([])
        // Reports and looks go on; releases do not.
        pass(.seconds(120), &world)
        world.accept(Fixture.alert(1, .resolved))
        pass(.seconds(60), &world)
        #expect(world.watts("n1") == 500 && !world.book.isIdle)
        world.perform(world.book.thaw(now: world.now) ?? [])
        let thawed = world.book.nextDue
        #expect(thawed.map { $0 <= world.now + world.book.policy.every } == true)
        pass(.seconds(60), &world)
        #expect(world.book.isIdle)
    }

    @Test func ofWhatIsParked() {
        var world = BreachWorld()
        world.accept(Fixture.alert(1, .active, [Fixture.hint("n1", watts: 500)]))
        world.work()
        var later = world.restarted()
        later.book = Breaches(
            site: Fixture.site, policy: world.book.policy, breaches: Array(world.durable.breaches.values),
            controls: Array(world.durable.controls.values))
        later.book.park()
        let parked = later.book.nextDue
        #expect(parked == nil)
        later.perform(later.book.resumeParked(now: later.now))
        let resumed = later.book.nextDue
        #expect(resumed != nil)
    }
}
