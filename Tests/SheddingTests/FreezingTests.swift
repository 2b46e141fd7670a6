import PowerEvents
import Site
import Testing

@testable import Shedding

/// What becomes of breaches, and of their release, while a part of the site is frozen.
struct FreezingTests {
    private static func key(_ resource: String, _ facet: ControlKey.Facet = .powerLimit) -> ControlKey {
        ControlKey(resource: resource, facet: facet)
    }

    private static func freeze(_ names: String..., until: Timestamp? = nil) -> Freeze {
        Freeze(FreezesTests.scope(names), since: Fixture.start, until: until)
    }

    private static func hints(_ resources: String..., watts: Int = 700) -> [ShedHint] {
        resources.enumerated().map { Fixture.hint($1, priority: $0 + 1, watts: watts) }
    }

    // MARK: Shedding

    @Test func aPartIsNotWrittenAndTheRestIs() {
        var world = BreachWorld()
        world.book.freeze(Self.freeze("n1"))
        world.accept(Fixture.alert(1, .active, Self.hints("n1", "n2")))
        world.work()
        #expect(world.watts("n1") == 1000 && world.watts("n2") == 700)
        let results = world.lastReport?.results ?? []
        #expect(world.lastReport?.code == .partial)
        #expect(results.map(\.code) == [.failed, .applied])
        #expect(results.first?.message == "frozen: an operator has stopped writes to it")
        world.perform(world.book.thaw(FreezesTests.scope(["n1"]), now: world.now) ?? [])
        world.work()
        #expect(world.watts("n1") == 700)
        #expect(world.lastReport?.code == .success)
    }

    /// It is read while it is frozen: what is said of it stays true.
    @Test func aHeldCapThatIsLostWhileFrozenIsToldAndPutBackAfterwards() {
        var world = BreachWorld()
        world.accept(Fixture.alert(1, .active, Self.hints("n1")))
        world.work()
        world.book.freeze(Self.freeze("rack"))
        world.pass(.seconds(40))
        #expect(world.lastReport?.code == .success, "held, and read to be")
        world.holds[Self.key("n1")] = Fixture.limit(nil)
        world.pass(.seconds(40))
        #expect(world.watts("n1") == nil)
        #expect(world.lastReport?.code == .error)
        #expect(world.lastReport?.results.first?.message?.contains("frozen") == true)
        world.perform(world.book.thaw(now: world.now) ?? [])
        world.pass(.seconds(2))
        #expect(world.watts("n1") == 700 && world.lastReport?.code == .success)
    }

    /// Of three priorities that were frozen the first goes first.
    @Test func afterAThawOfAPartThePaceHolds() {
        var world = BreachWorld()
        world.book.freeze(Self.freeze("n[1-3]"))
        world.accept(Fixture.alert(1, .active, Self.hints("n1", "n2", "n3", "n4"), severity: .warning))
        world.pass(.seconds(8))
        #expect(world.watts("n4") == 700)
        world.order = []
        world.perform(world.book.thaw(FreezesTests.scope(["n[1-3]"]), now: world.now) ?? [])
        world.work()
        #expect(world.order.map(\.resource) == ["n1", "n2", "n3"])
    }

    /// A machine that is switched off takes what is in it along.
    @Test func whatIsInAMachineKeepsItFromBeingSwitchedOff() {
        var world = BreachWorld()
        world.book.freeze(Self.freeze("n1-gpu0"))
        world.accept(
            Fixture.alert(1, .active, [Fixture.hint("n1", .suspend), Fixture.hint("n2", .suspend)]))
        world.work()
        #expect(!world.isDown("n1") && world.isDown("n2"))
        // Its own limit is no GPU's.
        world.accept(Fixture.alert(2, .active, Self.hints("n3")))
        world.book.freeze(Self.freeze("n3-gpu0"))
        world.work()
        #expect(world.watts("n3") == 700)
    }

    // MARK: Release

    @Test func aPartWaitsWithItsReleaseAndTheRestGoesBack() {
        var world = BreachWorld()
        world.accept(Fixture.alert(1, .active, Self.hints("n1", "n2", "n3")))
        world.work()
        world.book.freeze(Self.freeze("n2"))
        world.accept(Fixture.alert(1, .resolved))
        world.pass(.seconds(60))
        #expect(world.watts("n1") == 1000 && world.watts("n2") == 700 && world.watts("n3") == 1000)
        let told = world.lastReport?.results.first { $0.resourceID == "n2" }
        #expect(told?.code == .failed && told?.message?.contains("frozen") == true)
        #expect(!world.book.isIdle)
        world.pass(.seconds(4000))
        #expect(world.watts("n2") == 700, "however long")
        world.perform(world.book.thaw(now: world.now) ?? [])
        world.pass(.seconds(20))
        #expect(world.watts("n2") == 1000)
        #expect(world.lastReport?.code == .success)
        #expect(world.book.isIdle)
    }

    @Test func aFreezeEndsByItsTimeAndWorkGoesOn() {
        var world = CoreWorld()
        world.step(.command(.freeze(Self.freeze("n1", until: Fixture.start + .seconds(3)))))
        world.commitAll()
        let due = world.core.nextDue(now: world.now)
        #expect(due.map { $0 <= Fixture.start + .seconds(3) } == true)
        #expect(!world.core.isIdle)
        world.alert(Fixture.alert(1, .active, Self.hints("n1")))
        world.commitAll()
        try? world.answerRead("n1", Fixture.limit(900))
        world.commitAll()
        #expect(world.writes.isEmpty)
        world.pass(.seconds(2))
        #expect(world.core.book.isFrozen)
        world.pass(.seconds(1))
        #expect(!world.core.book.isFrozen)
        let history = world.batches.flatMap(\.records.changes.history)
        #expect(history.contains { $0.kind == .command && $0.code == "thaw" && $0.value == "n1" })
        #expect(world.batches.contains { $0.records.changes.freezes == [] })
        #expect(world.facts.contains { if case .thawed = $0 { true } else { false } })
        world.commitAll()
        // A look at its meter gives way.
        for case .endVisit(let id) in world.effects { world.step(.visited(id, nil)) }
        try? world.answerRead("n1", Fixture.limit(900))
        world.commitAll()
        #expect(world.writes == ["n1: limit(700 W)"])
    }

    /// As in `mode: observe`, and with nothing held.
    @Test func aFreezeEndsWhateverElseThereIs() {
        var world = CoreWorld(mode: .observe)
        world.step(.command(.freeze(Freeze(nil, since: world.now, until: world.now + .seconds(1)))))
        world.commitAll()
        let due = world.core.nextDue(now: world.now)
        #expect(due.map { $0 <= world.now + .seconds(1) } == true)
        world.pass(.seconds(1))
        #expect(!world.core.book.isFrozen)
    }

    @Test func aRestartFindsWhatWasFrozen() {
        let freeze = Self.freeze("n1", until: Fixture.start + .seconds(30))
        var world = CoreWorld(contents: Core.Contents(freezes: [freeze]))
        world.alert(Fixture.alert(1, .active, Self.hints("n1")))
        world.commitAll()
        try? world.answerRead("n1", Fixture.limit(900))
        world.commitAll()
        #expect(world.writes.isEmpty && world.core.book.isFrozen)
        world.pass(.seconds(31))
        world.commitAll()
        try? world.answerRead("n1", Fixture.limit(900))
        world.commitAll()
        #expect(world.writes.count == 1)
    }

    @Test func whatIsNotFrozenIsNotThawed() {
        var world = CoreWorld()
        let part = world.step(.command(.thaw(FreezesTests.scope(["n1"])))).answer
        let whole = world.step(.command(.thaw(nil))).answer
        #expect(part == .notFrozen && whole == .done)
    }

    // MARK: Release at once

    @Test func aReleaseInAHurryWaitsForNothing() {
        var world = BreachWorld {
            $0.step = .percent(10)
            $0.maxRate = PowerRate(wattsPerSecond: Watts(1))
        }
        world.accept(Fixture.alert(1, .active, Self.hints("n1", "n2", "n3")))
        world.work()
        world.order = []
        world.perform(world.book.release(Fixture.id(1), isHurried: true, now: world.now))
        world.work()
        #expect(["n1", "n2", "n3"].allSatisfy { world.watts($0) == 1000 })
        // What was shed last goes back first.
        #expect(world.order.map(\.resource) == ["n3", "n2", "n1"])
        #expect(world.lastReport?.action == .reverted && world.lastReport?.code == .success)
        #expect(!world.book.canRelease(Fixture.id(1), isHurried: true))
    }

    @Test func aReleaseThatIsUnderWayCanBeHurried() {
        var world = BreachWorld { $0.step = .percent(10) }
        world.accept(Fixture.alert(1, .active, Self.hints("n1", "n2", "n3")))
        world.work()
        world.accept(Fixture.alert(1, .resolved))
        #expect(!world.book.canRelease(Fixture.id(1), isHurried: false))
        #expect(world.book.canRelease(Fixture.id(1), isHurried: true))
        world.perform(world.book.release(Fixture.id(1), isHurried: true, now: world.now))
        #expect(world.durable.breaches[Fixture.id(1)]?.isHurried == true)
        world.work()
        #expect(["n1", "n2", "n3"].allSatisfy { world.watts($0) == 1000 })
    }

    @Test func inAHurryAFrozenPartWaitsAllTheSame() {
        var world = BreachWorld()
        world.accept(Fixture.alert(1, .active, Self.hints("n1", "n2")))
        world.work()
        world.book.freeze(Self.freeze("n1"))
        world.perform(world.book.release(Fixture.id(1), isHurried: true, now: world.now))
        world.pass(.seconds(60))
        #expect(world.watts("n1") == 700 && world.watts("n2") == 1000)
        world.perform(world.book.thaw(now: world.now) ?? [])
        world.pass(.seconds(10))
        #expect(world.watts("n1") == 1000)
    }
}
