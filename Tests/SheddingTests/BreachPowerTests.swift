import PowerEvents
import Shedding
import Testing

/// What is asked of machines, in watts.
struct BreachPowerTests {
    /// By one limit for both GPUs of a tray, of up to 1400 W.
    private func asked(_ draws: [String: Int]) -> Watts {
        var world = BudgetWorld()
        world.see(draws)
        let together = ControlKey(resource: "tray1", facet: .gpuTotal)
        let range = PowerRange(minimum: Watts(400), maximum: Watts(1400))
        world.world.show(Sight(controls: [together: ControlSight(range: range, limit: Watts(1400))]))
        world.world.alert(Fixture.alert(1, .active, [Fixture.hint("tray1", watts: 1200, type: .node)]))
        world.world.pass(.seconds(1))
        return world.world.core.book.power(of: Fixture.id(1), now: world.world.now).asked
    }

    @Test func ofALimitForAllGPUsItIsWhatTheyDrew() {
        #expect(asked(["tray1": 1600, "tray1-gpu0": 600, "tray1-gpu1": 600]) == Watts(400))
    }

    @Test func whereOnlyTheTrayWasMeasuredItIsNotWhatTheyMayDraw() {
        #expect(asked(["tray1": 1600]) == Watts(400))
    }

    @Test func whereNothingWasMeasuredItIsWhatTheyMayDraw() {
        #expect(asked([:]) == Watts(600))
    }
}
