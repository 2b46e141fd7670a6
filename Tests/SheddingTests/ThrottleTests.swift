import PowerEvents
import Shedding
import Site
import StrictJSON
import Testing

/// Throttling by speed and mode, and by a cap where a BMC offers neither.
struct ThrottleTests {
    private static let gpu = ControlKey(resource: "n1-gpu0", facet: .speedLimit)
    private static let node = ControlKey(resource: "n1", facet: .powerMode)

    private func world() -> BreachWorld {
        var world = BreachWorld {
            $0.throttleGPUSpeed = .percent(50)
            $0.throttleNodeMode = "PowerSaving"
            $0.holdDown = .seconds(1)
        }
        world.holds[Self.gpu] = Fixture.speed(2000)
        world.holds[Self.node] = Fixture.mode("MaximumPerformance")
        return world
    }

    @Test func aGPUIsSlowedAndANodeSwitchedAndBothPutBack() {
        var world = world()
        world.accept(
            Fixture.alert(1, .active, [Fixture.hint("n1-gpu0", .throttle), Fixture.hint("n1", .throttle)]))
        world.work()
        #expect(world.holds[Self.gpu]?.value == .speed(Megahertz(1000)))
        #expect(world.holds[Self.node]?.value == .mode("PowerSaving"))
        #expect(world.lastReport?.results.map(\.message) == ["limited to 1000 MHz", "power mode PowerSaving"])
        #expect(world.lastReport?.code == .success)
        world.accept(Fixture.alert(1, .resolved))
        world.pass(.seconds(60))
        #expect(world.holds[Self.gpu]?.value == .speed(nil))
        #expect(world.holds[Self.node]?.value == .mode("MaximumPerformance"))
        #expect(world.book.controls.isEmpty)
    }

    /// Not offered at all, offered without a range, or without the mode that the policy names.
    @Test(arguments: [0, 1, 2]) func whereTheBMCOffersNeitherItIsACap(kind: Int) {
        var world = world()
        if kind == 0 {
            world.faults[Self.gpu] = BMCFault(.unsupported, "no speed limit")
            world.faults[Self.node] = BMCFault(.unsupported, "no power modes")
        } else {
            world.holds[Self.gpu] = Fixture.speed(kind == 1 ? nil : 2000, maximum: nil)
            var mode = Fixture.mode("Static")
            mode.modes = ["Static"]
            world.holds[Self.node] = mode
        }
        let hints = [Fixture.hint("n1-gpu0", .throttle), Fixture.hint("n1", .throttle)]
        world.accept(Fixture.alert(1, .active, hints))
        world.work()
        #expect(world.watts("n1-gpu0") == 600)
        #expect(world.watts("n1") == 600)
        #expect(world.lastReport?.results.map(\.code) == [.applied, .applied])
        #expect(world.lastReport?.results.map { $0.appliedPower?.watts } == [Watts(600), Watts(600)])
        // What was tried first is forgotten, and a second alert does not ask again beside the cap.
        #expect(world.book.controls[Self.gpu] == nil)
        world.accept(Fixture.alert(1, .escalated, hints))
        world.work()
        #expect(world.lastReport?.results.count == 2)
        #expect(world.book.controls.count == 2)
        world.accept(Fixture.alert(1, .resolved))
        world.pass(.seconds(60))
        #expect(world.watts("n1-gpu0") == 1000)
        #expect(world.watts("n1") == 1000)
        #expect(world.lastReport?.action == .reverted)
        #expect(world.lastReport?.code == .success)
    }

    @Test func aBMCThatCannotBeAskedIsNotOneWithoutTheControl() {
        var world = world()
        world.faults[Self.gpu] = BMCFault(.unreachable, "no route")
        world.accept(Fixture.alert(1, .active, [Fixture.hint("n1-gpu0", .throttle)]))
        world.work()
        #expect(world.watts("n1-gpu0") == 1000)
        #expect(world.lastReport?.results.map(\.code) == [.failed])
    }
}
