import PowerEvents
import Site
import Testing

@testable import Shedding

/// Rehearsals, whose holds are put back whatever happens and of which nobody is told; and what is learned of BMCs meanwhile.
struct RehearsalTests {
    private static func order(_ names: String..., share: Int = 90) -> DrillOrder {
        DrillOrder(id: Fixture.id(77), names: names, share: .percent(share), hold: .seconds(20))
    }

    private func answer(_ command: Command, _ world: inout CoreWorld) -> CommandAnswer {
        world.step(.command(command)).answer
    }

    /// Time passes, and meters answer.
    private func pass(_ duration: Duration, _ world: inout CoreWorld) {
        world.pass(duration)
        world.commitAll()
        let meters = world.effects.compactMap { if case .meter(let order) = $0 { order.id } else { nil } }
        world.effects.removeAll { if case .meter = $0 { true } else { false } }
        for id in meters { world.step(.metered(id, Sight())) }
        world.commitAll()
    }

    @Test func aDrillCapsHoldsRestoresAndReportsToNobody() throws {
        var world = CoreWorld()
        #expect(answer(.drill(Self.order("n1")), &world) == .done)
        let history = world.batches.flatMap(\.records.changes.history)
        #expect(history.first?.kind == .command && history.first?.code == "drill")
        #expect(!history.contains { $0.kind == .alert })
        world.commitAll()
        // Nine tenths of the control's maximum.
        try world.cap("n1", from: 1000, to: 900)
        pass(.milliseconds(100), &world)
        #expect(world.core.drill?.phase == .holding && world.core.drill?.settledAt == world.now)
        pass(.seconds(19), &world)
        #expect(world.core.drill?.phase == .holding && world.reads.isEmpty)
        pass(.seconds(1), &world)
        #expect(world.core.drill?.phase == .restoring && world.core.drill?.progress.counts.applied == 1)
        try world.cap("n1", from: 900, to: 1000)
        pass(.milliseconds(100), &world)
        #expect(world.core.drill?.phase == .done && world.core.drill?.cutShort == nil)
        #expect(world.core.book.breaches[Fixture.id(77)]?.isClosed == true)
        #expect(world.reports.isEmpty)
        #expect(world.facts.contains { if case .drillEnded = $0 { true } else { false } })
    }

    /// What is tighter than the cap already is not written to, and its end is told as that of all else is.
    @Test func aDrillTellsOfTheEndOfWhatStoodAsItIs() throws {
        var world = CoreWorld()
        #expect(answer(.drill(Self.order("n1")), &world) == .done)
        world.commitAll()
        try world.answerRead("n1", Fixture.limit(700))
        world.commitAll()
        pass(.milliseconds(100), &world)
        pass(.seconds(20), &world)
        pass(.seconds(1), &world)
        #expect(world.core.drill?.phase == .done, "\(world.effects)")
        let ends = world.history.filter { $0.kind == .outcome }
        #expect(ends.map(\.code) == ["applied", "reverted"])
        #expect(ends.last?.value == ends.first?.value && ends.last?.breach == Fixture.id(77))
    }

    @Test func aDrillIsRefusedWhereItWouldMixWithWhatIsMeant() throws {
        var world = CoreWorld()
        world.alert(Fixture.alert(1, .active, [Fixture.hint("n1", watts: 700)]))
        #expect(answer(.drill(Self.order("n2")), &world) == .refused(.breachOpen(Fixture.id(1))))
        var frozen = CoreWorld()
        frozen.step(.command(.freeze(Freeze())))
        #expect(answer(.drill(Self.order("n2")), &frozen) == .refused(.frozen))
        var observing = CoreWorld(mode: .observe)
        #expect(answer(.drill(Self.order("n2")), &observing) == .refused(.observing))
        var twice = CoreWorld()
        #expect(answer(.drill(Self.order("n1")), &twice) == .done)
        #expect(answer(.drill(Self.order("n2")), &twice) == .refused(.drillUnderWay(Fixture.id(77))))
        var nobody = CoreWorld()
        guard case .refused(.nothingToCap) = answer(.drill(Self.order("nobody")), &nobody) else {
            Issue.record("a drill of nothing")
            return
        }
        #expect(nobody.reads.isEmpty && nobody.core.drill == nil)
    }

    @Test func anAlertEndsADrillAtOnce() throws {
        var world = CoreWorld()
        world.step(.command(.drill(Self.order("n1"))))
        world.commitAll()
        try world.cap("n1", from: 1000, to: 900)
        pass(.milliseconds(100), &world)
        world.alert(Fixture.alert(1, .active, [Fixture.hint("n2", watts: 700)]))
        world.commitAll()
        #expect(world.core.drill?.phase == .restoring && world.core.drill?.cutShort == "an alert came in")
        #expect(Set(world.reads) == ["n1", "n2"])
        try world.cap("n2", from: 1000, to: 700)
        try world.cap("n1", from: 900, to: 1000)
        pass(.milliseconds(100), &world)
        #expect(world.core.drill?.phase == .done)
        #expect(Set(world.reports.map(\.enforcement.breachID)) == [Fixture.id(1)])
    }

    /// A process that ends in the middle leaves the drill's holds in its journal, as a breach's.
    @Test func theNextStartPutsBackWhatADrillHeld() throws {
        var before = CoreWorld()
        before.step(.command(.drill(Self.order("n1"))))
        before.commitAll()
        try before.cap("n1", from: 1000, to: 900)
        let book = before.core.book
        var contents = Core.Contents(
            breaches: Array(book.breaches.values), controls: book.controls.values.map(\.entry))
        contents.lastRecordAt = Fixture.start
        var world = CoreWorld(contents: contents)
        world.commitAll()
        #expect(world.reads == ["n1"])
        try world.cap("n1", from: 900, to: 1000)
        pass(.milliseconds(100), &world)
        #expect(world.core.book.breaches[Fixture.id(77)]?.isClosed == true)
        #expect(world.reports.isEmpty && world.core.drill == nil)
    }

    // MARK: Health

    /// What a breach finds out of a BMC counts, also where there is no patrol.
    @Test func readsForABreachTellOfTheirBMC() throws {
        var world = CoreWorld()
        let bmc = try #require(Fixture.site.resources["n1"]?.bmc?.address)
        world.alert(Fixture.alert(1, .active, [Fixture.hint("n1", watts: 700)]))
        let read = world.effects.compactMap { if case .read(let order) = $0 { order.id } else { nil } }
        let id = try #require(read.first)
        world.effects = []
        world.step(.read(id, .failure(BMCFault(.unreachable, "no route"))))
        #expect(world.core.health[bmc].state == .failing && world.core.health.unreliable == [bmc])
        let wakes = world.effects.compactMap { if case .wake(let id, let delay) = $0 { (id, delay) } else { nil } }
        let (run, delay) = try #require(wakes.first)
        world.now = world.now + delay
        world.step(.woke(run))
        try world.answerRead("n1", Fixture.limit(1000))
        #expect(world.core.health[bmc].state == .recovering)
        world.commitAll()
        try world.answerWrite("n1")
        try world.answerRead("n1", Fixture.limit(700))
        #expect(world.core.health[bmc].state == .healthy && world.core.health.unreliable.isEmpty)
    }

    // MARK: Another machine

    /// What is held on one machine is not looked for on another that stands in its place.
    @Test func anExchangedMachineIsTheTroubleOfItsBMC() throws {
        var world = CoreWorld()
        world.alert(Fixture.alert(1, .active, [Fixture.hint("n1", watts: 700)]))
        try world.cap("n1", from: 1000, to: 700)
        var sight = Sight()
        sight.identities["n1"] = MachineIdentity(uuid: nil, serial: "m")
        #expect(world.core.book.exchangedMachine(in: sight) == nil)
        sight.identities["n1"] = MachineIdentity(uuid: nil, serial: "another-7")
        let trouble = try #require(world.core.book.exchangedMachine(in: sight))
        #expect(trouble.cause == .anotherMachine && trouble.message.contains("n1"))
        // Nothing is held there: that is just what is there now.
        sight.identities = ["n2": MachineIdentity(uuid: nil, serial: "another-7")].compactMapValues { $0 }
        #expect(world.core.book.exchangedMachine(in: sight) == nil)
    }

    // MARK: Observing

    @Test func whatIsObservedIsKeptOnceWithItsWatts() throws {
        var world = CoreWorld(mode: .observe)
        var sight = Sight()
        sight.controls[ControlKey(resource: "n1", facet: .powerLimit)] = ControlSight(
            range: PowerRange(minimum: Watts(200), maximum: Watts(1000)))
        world.show(sight)
        let hints = [Fixture.hint("n1"), Fixture.hint("nobody", watts: 500)]
        world.alert(Fixture.alert(1, .active, hints))
        let history = world.batches.flatMap(\.records.changes.history)
        let would = history.first { $0.code == "would_apply" }
        // Sixty percent, the default, of 1000 W.
        #expect(would?.value == "600 W" && would?.control?.resource == "n1", "\(history)")
        #expect(history.contains { $0.code == "would_skip" && $0.message?.hasPrefix("nobody") == true })
        #expect(history.last?.code == "would_do" && history.last?.message?.hasPrefix("1 capped, 1 skipped") == true)
        #expect(world.core.observations.count == 1)
        world.commitAll()
        world.alert(Fixture.alert(1, .active, hints))
        #expect(world.batches.flatMap(\.records.changes.history).isEmpty)
        world.alert(Fixture.alert(1, .resolved))
        #expect(world.core.observations.isEmpty && world.reads.isEmpty)
        world.commitAll()
        #expect(world.reports.isEmpty)
    }
}
