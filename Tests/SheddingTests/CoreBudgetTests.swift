import PowerEvents
import Shedding
import Site
import Testing

/// Caps on what has no limit of its own, through the one door.
struct CoreBudgetTests {
    private static let draws = [
        "tray1": 1600, "tray1-gpu0": 600, "tray1-gpu1": 600, "tray2": 1200, "tray2-gpu0": 400, "tray2-gpu1": 400,
        "server": 800, "guarded": 500, "far": 900,
    ]

    private func hint(_ resource: String, _ watts: Int?, type: ResourceType = .node) -> ShedHint {
        Fixture.hint(resource, watts: watts, type: type)
    }

    private func result(_ world: BudgetWorld) throws -> EnforcementResult {
        let report = try #require(world.lastReport)
        #expect(report.results.count == 1, "one result a hint: \(report.results)")
        return try #require(report.results.first)
    }

    @Test func aTrayWithoutALimitIsCappedThroughItsGPUs() throws {
        var world = BudgetWorld()
        world.world.alert(Fixture.alert(1, .active, [hint("tray1", 1400)]))
        world.run()
        #expect(world.limits["tray1-gpu0"] == 500)
        #expect(world.limits["tray1-gpu1"] == 500)
        let result = try result(world)
        #expect(result.code == .applied)
        #expect(result.resourceID == "tray1")
        #expect(result.appliedPower == nil, "it is what was asked for")
    }

    @Test func whatIsKnownBeforeNeedsNoRefusal() throws {
        var world = BudgetWorld()
        world.see(["tray1": 1500, "tray1-gpu0": 700, "tray1-gpu1": 300])
        world.world.alert(Fixture.alert(1, .active, [hint("tray1", 1200)]))
        #expect(!world.world.reads.contains("tray1"))
        world.run()
        // 500 W are drawn beside the GPUs. Each keeps its 200 W, and 300 W are split 500 to 100.
        #expect(world.limits["tray1-gpu0"] == 450)
        #expect(world.limits["tray1-gpu1"] == 250)
    }

    @Test func aRackIsSplitOverItsNodesAndOnlyTheTouchableOnes() throws {
        var world = BudgetWorld()
        world.see(Self.draws)
        world.world.alert(Fixture.alert(1, .active, [hint("rack", 3300, type: .chassis)]))
        world.run()
        let capped = ["tray1-gpu0", "tray1-gpu1", "tray2-gpu0", "tray2-gpu1", "server"].map { world.limits[$0] ?? 0 }
        // 500 W of the protected one and 800 W beside the GPUs are not capped.
        #expect(capped.compactMap { $0 }.reduce(0, +) == 2000)
        #expect(world.limits["guarded"] == .some(nil))
        #expect((world.limits["server"] ?? 0) ?? 0 >= 300, "its floor")
        #expect(try result(world).code == .applied)
    }

    @Test func aGroupMayBeNamedByAHintOfAnyType() throws {
        var world = BudgetWorld()
        world.see(Self.draws)
        world.world.alert(Fixture.alert(1, .active, [hint("feed-a", 4000)]))
        world.run()
        let capped = ["tray1-gpu0", "tray1-gpu1", "tray2-gpu0", "tray2-gpu1", "server", "far"]
        #expect(capped.compactMap { world.limits[$0] ?? nil }.reduce(0, +) == 2700)
        #expect(try result(world).code == .applied)
    }

    @Test func aGroupIsThrottledMemberByMember() throws {
        var world = BudgetWorld()
        world.world.alert(
            Fixture.alert(1, .active, [Fixture.hint("feed-a", .throttle, type: .chassis)]))
        world.run()
        #expect(world.limits["far"] == 600)
        #expect(world.limits["tray1-gpu0"] == 420)
        #expect(world.limits["guarded"] == .some(nil))
        #expect(try result(world).code == .applied)
    }

    @Test func aMemberThatFailsIsNamedAndTheHintFailsBecauseOfIt() throws {
        var world = BudgetWorld()
        world.see(Self.draws)
        world.unreachable = ["server"]
        world.world.alert(Fixture.alert(1, .active, [hint("rack", 3300, type: .chassis)]))
        for _ in 0..<400 {
            world.run()
            world.pass(.seconds(1))
            for case .wake(let id, _) in world.world.effects { world.world.step(.woke(id)) }
        }
        let result = try result(world)
        #expect(result.code == .failed)
        #expect(result.message?.contains("server: it refuses") == true, "\(result.message ?? "")")
        // The four GPUs, the server at its most, the rests of both trays, and what the protected one draws.
        let capped = ["tray1-gpu0", "tray1-gpu1", "tray2-gpu0", "tray2-gpu1"].compactMap { world.limits[$0] ?? nil }
        #expect(result.appliedPower?.watts == Watts(capped.reduce(0, +) + 1000 + 800 + 500))
    }

    @Test func everyMemberGetsBackWhatItHeld() throws {
        var world = BudgetWorld { $0.holdDown = .zero }
        world.limits["tray1-gpu0"] = 650
        world.see(Self.draws)
        let before = world.limits
        world.world.alert(Fixture.alert(1, .active, [hint("feed-a", 4000)]))
        world.run()
        #expect(world.limits != before)
        world.world.alert(Fixture.alert(1, .escalated, [hint("feed-a", 3600)]))
        world.run()
        let capped = ["tray1-gpu0", "tray1-gpu1", "tray2-gpu0", "tray2-gpu1", "server", "far"]
        #expect(capped.compactMap { world.limits[$0] ?? nil }.reduce(0, +) <= 2300, "an escalation tightens")
        world.world.alert(Fixture.alert(1, .resolved))
        for _ in 0..<20 {
            world.pass(.seconds(5))
        }
        #expect(world.limits == before)
        #expect(world.lastReport?.action == .reverted)
        #expect(try result(world).code == .applied)
    }

    @Test func whatTheMeterShowsAboveABudgetIsCutFromItsMembers() throws {
        var world = BudgetWorld()
        world.see(["tray1": 1600, "tray1-gpu0": 600, "tray1-gpu1": 600])
        world.world.alert(Fixture.alert(1, .active, [hint("tray1", 1400)]))
        world.run()
        #expect(world.limits["tray1-gpu0"] == 500)
        // Before the members had the time to settle, nothing follows from it.
        world.pass(.seconds(5))
        world.world.show(Sight(watts: ["tray1": Watts(1700)]))
        world.pass(.seconds(2))
        #expect(world.limits["tray1-gpu0"] == 500)
        // The rest has come to draw 300 W more.
        world.pass(.seconds(10))
        world.world.show(Sight(watts: ["tray1": Watts(1700)]))
        world.pass(.seconds(2))
        #expect(world.limits["tray1-gpu0"] == 350)
        #expect(world.limits["tray1-gpu1"] == 350)
    }

    @Test func whatCannotBeCutFurtherIsReported() throws {
        var world = BudgetWorld { $0.reassertLimit = 1 }
        world.see(["tray1": 1600, "tray1-gpu0": 600, "tray1-gpu1": 600])
        world.world.alert(Fixture.alert(1, .active, [hint("tray1", 1400)]))
        world.run()
        for _ in 0..<3 {
            world.pass(.seconds(15))
            world.world.show(Sight(watts: ["tray1": Watts(1500)]))
            world.pass(.seconds(2))
            world.pass(.seconds(2))
        }
        world.run()
        #expect(try result(world).message?.contains("the meter shows 1500 W") == true)
    }

    @Test func whatIsHeldIsMeteredAgainAndAgain() throws {
        var world = BudgetWorld()
        world.world.alert(Fixture.alert(1, .active, [hint("far", 500)]))
        world.run()
        world.world.pass(.seconds(11))
        let orders = world.world.effects.compactMap { effect -> MeterOrder? in
            if case .meter(let order) = effect { order } else { nil }
        }
        #expect(orders.flatMap { $0.machines.map(\.resource.id) } == ["far"])
    }

    @Test func powerComesBackNoFasterThanTheRate() throws {
        let rate = try #require(PowerRate(wattsPerSecond: Watts(100)))
        var world = BudgetWorld {
            $0.holdDown = .zero
            $0.maxRate = rate
        }
        world.see(Self.draws)
        world.world.alert(Fixture.alert(1, .active, [hint("feed-a", 4000)]))
        world.run()
        let capped = ["tray1-gpu0", "tray1-gpu1", "tray2-gpu0", "tray2-gpu1", "server", "far"]
        let most = ["server": 1000, "far": 1000]
        func allowed() -> Int { capped.map { (world.limits[$0] ?? nil) ?? most[$0] ?? 700 }.reduce(0, +) }
        let start = allowed()
        world.world.alert(Fixture.alert(1, .resolved))
        world.run()
        for second in 0..<60 {
            #expect(allowed() - start <= second * 100 + 1000, "after \(second) s")
            world.pass(.seconds(1))
        }
        #expect(allowed() == 4 * 700 + 2 * 1000, "all is back in the end")
    }

    @Test func whatIsAskedConfirmedAndMeasuredAreThreeNumbers() throws {
        var world = BudgetWorld()
        world.see(Self.draws)
        world.world.alert(Fixture.alert(1, .active, [hint("tray1", 1200), hint("far", 500)]))
        world.world.pass(.seconds(1))
        let id = Fixture.id(1)
        var power = world.world.core.book.power(of: id, now: world.world.now)
        #expect(power.asked == Watts(400 + 400))
        #expect(power.confirmed == .zero)
        world.run()
        power = world.world.core.book.power(of: id, now: world.world.now)
        #expect(power.confirmed == Watts(800))
        #expect(power.measured == .zero)
        world.pass(.seconds(11))
        world.world.show(Sight(watts: ["tray1": Watts(1250)]))
        power = world.world.core.book.power(of: id, now: world.world.now)
        #expect(power.measured == Watts(350))
        #expect(power.coverage > 0.5 && power.coverage < 0.6, "the other one is not measured: \(power.coverage)")
        #expect(power.description == "asked 0.80 kW, confirmed 0.80 kW, measured 0.35 kW (coverage 57 %)")
    }
}
