import PowerEvents
import Site
import Testing

@testable import Shedding

/// Budgets are kept by what becomes known of their members after they were split, and what is said of them is true.
struct BudgetKeepingTests {
    private func hint(_ resource: String, _ watts: Int?, type: ResourceType = .node, priority: Int = 1) -> ShedHint {
        Fixture.hint(resource, priority: priority, watts: watts, type: type)
    }

    private func result(_ world: BudgetWorld, of resource: String) throws -> EnforcementResult {
        try #require(world.lastReport?.results.first { $0.resourceID == resource })
    }

    /// What the GPUs of a tray may draw together, an unlimited one its maximum.
    private func sum(_ world: BudgetWorld, _ names: String...) -> Int {
        names.reduce(0) { $0 + ((world.limits[$1] ?? nil) ?? 700) }
    }

    // MARK: What shows later

    @Test func aMinimumThatShowsLaterIsTakenOffTheOthers() throws {
        var world = BudgetWorld()
        world.minimums["tray1-gpu0"] = 600
        world.world.alert(Fixture.alert(1, .active, [hint("tray1", 1400)]))
        world.run()
        #expect(world.limits["tray1-gpu0"] == 600)
        #expect(world.limits["tray1-gpu1"] == 400)
        let result = try result(world, of: "tray1")
        #expect(result.code == .applied)
        #expect(result.appliedPower == nil, "it is what was asked for")
        #expect(world.world.reports.count == 1, "nothing else was said before")
    }

    @Test func minimumsThatAreTooMuchTogetherAreSaidToBe() throws {
        var world = BudgetWorld()
        world.minimums = ["tray1-gpu0": 600, "tray1-gpu1": 550]
        world.world.alert(Fixture.alert(1, .active, [hint("tray1", 1400)]))
        world.run()
        let result = try result(world, of: "tray1")
        #expect(result.code == .applied)
        #expect(result.appliedPower?.watts == Watts(1550))
    }

    @Test func aRestThatShowsLaterIsTakenOff() throws {
        var world = BudgetWorld()
        world.world.alert(Fixture.alert(1, .active, [hint("bare", 1000)]))
        world.run()
        #expect(sum(world, "bare-gpu0", "bare-gpu1") == 1000)
        #expect(try result(world, of: "bare").code == .failed, "nothing tells what it draws beside its GPUs")
        world.pass(.seconds(1))
        world.world.show(Sight(watts: ["bare": Watts(1300), "bare-gpu0": Watts(500), "bare-gpu1": Watts(500)]))
        world.pass(.seconds(1))
        world.pass(.seconds(1))
        #expect(sum(world, "bare-gpu0", "bare-gpu1") == 700)
        let result = try result(world, of: "bare")
        #expect(result.code == .applied)
        #expect(result.message?.contains("300 W, taken off first") == true)
    }

    @Test func aTrayInARackIsNotCutBelowItsOwnFloor() {
        // By hand, since no resource of the world has such a floor: what needs more than its share takes it off the others.
        var world = BudgetWorld()
        world.minimums = ["tray2-gpu0": 500, "tray2-gpu1": 500]
        world.world.alert(Fixture.alert(1, .active, [hint("rack", 3000, type: .chassis)]))
        world.run()
        #expect(sum(world, "tray2-gpu0", "tray2-gpu1") == 1000)
        #expect(sum(world, "tray1-gpu0", "tray1-gpu1") >= 400)
        #expect((world.limits["server"] ?? nil) ?? 0 >= 300)
    }

    // MARK: Shares of each

    @Test(arguments: [false, true])
    func aThrottledRackOfTraysIsThrottledNodeByNode(isSeen: Bool) throws {
        var world = BudgetWorld()
        if isSeen { world.see([:]) }
        world.world.alert(
            Fixture.alert(
                1, .active, [Fixture.hint("rack", .throttle, type: .chassis), hint("rack", nil, type: .chassis)]))
        world.run()
        for gpu in ["tray1-gpu0", "tray1-gpu1", "tray2-gpu0", "tray2-gpu1"] { #expect(world.limits[gpu] == 420) }
        #expect(world.limits["server"] == 600)
        #expect(world.limits["guarded"] == .some(nil))
        let results = try #require(world.lastReport).results
        #expect(results.map(\.requestedAction) == [.throttle, .powerCap])
        for result in results { #expect(result.code == .applied, "\(result.message ?? "")") }
        world.world.alert(Fixture.alert(1, .resolved))
        world.passSlowly(60)
        #expect(world.limits["tray1-gpu0"] == .some(nil))
        #expect(world.world.core.book.isIdle)
    }

    // MARK: Ends

    /// A tray turns out to have no limit while one breach lets go of it and another one holds it.
    @Test func aBreachEndsThatHeldATrayWithoutALimit() throws {
        var world = BudgetWorld { $0.holdDown = .zero }
        world.world.alert(Fixture.alert(1, .active, [hint("tray1", 1400)]))
        world.world.commitAll()
        #expect(world.world.reads == ["tray1"])
        // Its first look is on its way all the while.
        world.world.alert(Fixture.alert(2, .active, [hint("tray1", 1300)]))
        world.world.alert(Fixture.alert(1, .resolved))
        world.world.pass(.seconds(1))
        world.run()
        #expect(sum(world, "tray1-gpu0", "tray1-gpu1") == 900)
        world.passSlowly(20)
        #expect(world.world.core.book.breaches[Fixture.id(1)]?.isClosed == true)
        world.world.alert(Fixture.alert(2, .resolved))
        world.passSlowly(20)
        #expect(world.world.core.book.isIdle)
        #expect(world.limits["tray1-gpu0"] == .some(nil))
    }

    // MARK: Meters

    @Test func aMemberOfAnotherFeedHoldsUpNoCorrection() throws {
        var world = BudgetWorld()
        world.see(["tray1": 1600, "tray1-gpu0": 600, "tray1-gpu1": 600])
        world.world.alert(Fixture.alert(1, .active, [hint("both", 1400)]))
        world.run()
        #expect(sum(world, "tray1-gpu0", "tray1-gpu1") == 1000)
        #expect(world.limits["elsewhere"] == .some(nil))
        world.pass(.seconds(12))
        world.world.show(Sight(watts: ["tray1": Watts(1700)]))
        world.pass(.seconds(2))
        #expect(sum(world, "tray1-gpu0", "tray1-gpu1") == 700)
    }

    @Test func anOrderedBudgetIsCorrectedInItsOrder() throws {
        var world = BudgetWorld { $0.split = .ordered }
        world.see(["tray1": 1600, "tray1-gpu0": 600, "tray1-gpu1": 600, "far": 900])
        world.world.alert(Fixture.alert(1, .active, [hint("pair", 2400)]))
        world.run()
        #expect(world.limits["far"] == 800)
        #expect(sum(world, "tray1-gpu0", "tray1-gpu1") == 1200)
        world.pass(.seconds(12))
        world.world.show(Sight(watts: ["tray1": Watts(1800), "far": Watts(800)]))
        world.pass(.seconds(2))
        #expect(world.limits["far"] == 600, "the lowest number gives first")
        #expect(sum(world, "tray1-gpu0", "tray1-gpu1") == 1200)
    }

    @Test func whatIsHeldIsMeteredAlthoughNothingElseIsDue() throws {
        var world = BudgetWorld()
        world.world.alert(Fixture.alert(1, .active, [hint("far", 500)]))
        world.run()
        world.pass(.seconds(1))
        var seconds = 0
        while seconds < 60 {
            let next = world.world.core.nextDue(now: world.world.now)
            let due = try #require(next)
            #expect(due > world.world.now, "what was due is done")
            seconds += 1
            world.world.now = max(due, world.world.now + .milliseconds(100))
            world.world.step(.time)
            if world.world.effects.contains(where: { if case .meter = $0 { true } else { false } }) { break }
            world.run()
        }
        #expect(world.world.now <= Fixture.start + .seconds(13))
    }

    /// Its BMC accepts a write and keeps what it held, and is looked at for many seconds.
    @Test func whatIsWaitedForIsMeteredMeanwhile() {
        var world = BudgetWorld()
        world.ignoring = ["far"]
        world.world.alert(Fixture.alert(1, .active, [hint("far", 500)]))
        world.run()
        world.passSlowly(5)
        #expect(world.metered == ["far"])
        #expect(world.world.reports.isEmpty, "it is still waited for")
    }

    @Test func aMeterThatIsSlowGivesWayToWhatItWasAskedBeside() throws {
        var world = CoreWorld()
        world.alert(Fixture.alert(1, .active, [Fixture.hint("n1", watts: 700)]))
        world.commitAll()
        try world.answerRead("n1", Fixture.limit(900))
        world.commitAll()
        try world.answerWrite("n1")
        func meter() -> RunID? {
            world.effects.compactMap { if case .meter(let order) = $0 { order.id } else { nil } }.first
        }
        func wake() throws {
            let wakes = world.effects.compactMap { if case .wake(let id, let delay) = $0 { (id, delay) } else { nil } }
            let (id, delay) = try #require(wakes.last)
            world.now = world.now + delay
            world.step(.woke(id))
        }
        for _ in 0..<8 {
            try world.answerRead("n1", Fixture.limit(900))
            world.step(.time)
            if meter() != nil { break }
            try wake()
        }
        let id = try #require(meter())
        try wake()
        #expect(world.reads.isEmpty, "one request at a time")
        #expect(world.effects.contains { if case .endVisit(id) = $0 { true } else { false } })
        world.step(.metered(id, Sight()))
        #expect(world.reads == ["n1"])
    }

    @Test func nothingIsDueOnceAllIsOver() throws {
        var world = BudgetWorld { $0.holdDown = .zero }
        world.world.alert(Fixture.alert(1, .active, [hint("far", 500)]))
        world.run()
        world.world.alert(Fixture.alert(1, .resolved))
        world.passSlowly(30)
        #expect(world.world.core.book.isIdle)
        // A meter answers late.
        world.world.show(Sight(watts: ["far": Watts(800)]))
        let due = world.world.core.nextDue(now: world.world.now)
        #expect(due == nil)
    }

    // MARK: What a control is

    @Test func aControlOfSeveralGPUsCountsOnce() throws {
        var world = BudgetWorld { $0.holdDown = .zero }
        world.shared["tray1-gpu1"] = "tray1-gpu0"
        world.world.alert(Fixture.alert(1, .active, [hint("tray1", 1000)]))
        world.run()
        var told = try result(world, of: "tray1")
        #expect(told.code == .applied)
        #expect(told.appliedPower?.watts == Watts(700), "300 W for both, which nobody knew to be one, and the rest")
        world.world.alert(Fixture.alert(1, .resolved))
        world.passSlowly(30)
        #expect(world.limits["tray1-gpu0"] == .some(nil))
        // Now it is known.
        world.world.alert(Fixture.alert(2, .active, [hint("tray1", 1000)]))
        world.run()
        #expect(world.limits["tray1-gpu0"] == 600)
        told = try result(world, of: "tray1")
        #expect(told.code == .applied)
        #expect(told.appliedPower == nil)
        // And is one no longer.
        world.world.alert(Fixture.alert(2, .resolved))
        world.passSlowly(30)
        world.shared = [:]
        world.world.alert(Fixture.alert(3, .active, [hint("tray1", 1000)]))
        world.run()
        #expect(sum(world, "tray1-gpu0", "tray1-gpu1") == 600)
    }

    // MARK: Words

    @Test func aGroupThatIsNamedTwiceHasATrueResultForEach() throws {
        var world = BudgetWorld()
        world.world.alert(
            Fixture.alert(1, .active, [hint("pair", 2000), hint("pair", 1500, priority: 2), hint("far", 700)]))
        world.run()
        var results = try #require(world.lastReport).results
        #expect(Set(results.map(\.resourceID)) == ["pair", "far"] && results.count == 3)
        #expect(results.count { $0.code == .applied } == 2)
        #expect(results.count { $0.message == "duplicate of hint 1 of this alert" } == 1)
        #expect(sum(world, "tray1-gpu0", "tray1-gpu1") + (world.limits["far"] as? Int ?? 0) + 400 <= 2000)
        world.world.alert(Fixture.alert(1, .escalated, [hint("pair", 1500), hint("pair", 1400, type: .chassis)]))
        world.run()
        results = try #require(world.lastReport).results.filter { $0.resourceID == "pair" }
        #expect(results.count { $0.code == .applied } == 1)
        #expect(results.count { $0.code == .skipped } == 1)
        #expect(sum(world, "tray1-gpu0", "tray1-gpu1") + (world.limits["far"] as? Int ?? 0) + 400 <= 1500)
    }

    @Test func aGroupThatIsSuspendedInPartIsNotSaidToBeSuspended() throws {
        var world = BudgetWorld { $0.maxSuspended = .percent(1) }
        world.world.alert(Fixture.alert(1, .active, [Fixture.hint("pair", .suspend, type: .chassis)]))
        world.passSlowly(20)
        #expect(world.off == ["far"])
        let told = try result(world, of: "pair")
        #expect(told.code == .failed)
        #expect(told.message?.hasPrefix("1 of 2 members; tray1: ") == true, "\(told.message ?? "")")
        #expect(told.message?.contains("max_suspended") == true)
    }

    // MARK: What was drawn before

    @Test func aBaselineIsDurableWithItsAlert() throws {
        var world = BudgetWorld()
        world.see(["far": 900])
        world.world.alert(Fixture.alert(1, .active, [hint("far", 500)]))
        let first = try #require(world.world.batches.first { !$0.records.changes.breaches.isEmpty })
        #expect(first.records.changes.readings.filter(\.isBaseline).map(\.resource) == ["far"])
    }

    @Test func whatIsMeasuredAfterTheFirstWriteIsNoBaseline() throws {
        var world = BudgetWorld()
        world.world.alert(Fixture.alert(1, .active, [hint("far", 500), hint("tray1", 1400)]))
        world.run()
        world.pass(.seconds(5))
        world.see(["far": 500, "tray1": 1400, "tray1-gpu0": 500, "tray1-gpu1": 500, "server": 800])
        world.world.alert(
            Fixture.alert(
                1, .escalated,
                [hint("far", 400), hint("tray1-gpu0", 400, type: .gpu), hint("server", 500)]))
        world.run()
        let baselines = try #require(world.world.core.book.breaches[Fixture.id(1)]).baselines
        #expect(baselines == ["server": Watts(800)])
    }

    @Test func whatIsFrozenIsNotCutBecauseItDrawsOn() throws {
        var world = BudgetWorld()
        world.see(["tray1": 1600, "tray1-gpu0": 600, "tray1-gpu1": 600])
        world.world.step(.command(.freeze(Freeze())))
        world.world.alert(Fixture.alert(1, .active, [hint("tray1", 1400)]))
        world.run()
        for _ in 0..<4 {
            world.pass(.seconds(15))
            world.world.show(Sight(watts: ["tray1": Watts(1600)]))
            world.pass(.seconds(2))
        }
        world.world.step(.command(.thaw(nil)))
        world.run()
        #expect(sum(world, "tray1-gpu0", "tray1-gpu1") == 1000, "as was asked for, and no less")
    }
}
