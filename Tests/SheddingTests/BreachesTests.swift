import PowerEvents
import Shedding
import Site
import StrictJSON
import Testing

struct BreachesTests {
    @Test func capsReportsAndPutsBack() {
        var world = BreachWorld()
        world.accept(Fixture.alert(1, .active, [Fixture.hint("n1", watts: 700), Fixture.hint("nobody")]))
        world.work()
        #expect(world.watts("n1") == 700)
        #expect(world.lastReport?.code == .partial)
        #expect(world.lastReport?.results.map(\.code) == [.applied, .skipped])
        #expect(world.lastReport?.results[0].appliedPower == nil)
        world.accept(Fixture.alert(1, .resolved))
        world.pass(.seconds(29))
        #expect(world.watts("n1") == 700)
        world.pass(.seconds(2))
        #expect(world.watts("n1") == 1000)
        #expect(world.lastReport?.action == .reverted)
        #expect(world.lastReport?.code == .success)
        #expect(world.book.isIdle)
        #expect(world.durable.controls.isEmpty)
    }

    /// Between the halves of a large alert there is a commit, after which the process may end.
    @Test(arguments: [BreachAlert.Status.active, .escalated])
    func aCrashBetweenTheHalvesOfAnAlertLosesNothing(status: BreachAlert.Status) {
        var world = BreachWorld()
        if status == .escalated {
            world.accept(Fixture.alert(1, .active, [Fixture.hint("n1", watts: 900)]))
            world.work()
        }
        let alert = Fixture.alert(1, status, [Fixture.hint("n1", watts: 700), Fixture.hint("n2", watts: 800)])
        _ = world.book.takeIn(alert, origin: Fixture.origin, now: world.now)
        world.save(world.book.takeChanges())
        var after = world.restarted()
        after.work()
        #expect(after.watts("n1") == 700)
        #expect(after.watts("n2") == 800)
        #expect(after.lastReport?.results.map(\.code) == [.applied, .applied])
    }

    /// What says nothing new is answered all the same.
    @Test func aCrashBetweenTheHalvesOfAnAlertOwesItsAnswer() {
        var world = BreachWorld()
        let alert = Fixture.alert(1, .active, [Fixture.hint("n1", watts: 700)])
        world.accept(alert)
        world.work()
        _ = world.book.takeIn(alert, origin: Fixture.origin, now: world.now)
        world.save(world.book.takeChanges())
        var after = world.restarted()
        after.work()
        after.pass(Policy().reportAfter + .seconds(1))
        #expect(after.lastReport?.results.map(\.code) == [.applied])
    }

    @Test func anAlertWithoutHintsIsAnsweredAtOnce() {
        var world = BreachWorld()
        world.accept(Fixture.alert(1))
        #expect(world.lastReport?.code == .success)
        #expect(world.lastReport?.results.isEmpty == true)
    }

    @Test func theFloorIsReportedInTheHintsUnit() {
        var world = BreachWorld()
        var hint = Fixture.hint("n1")
        hint.targetPower = PowerQuantity(watts: Watts(100), unit: .kilowatt)
        world.accept(Fixture.alert(1, .active, [hint]))
        world.work()
        #expect(world.lastReport?.results[0].appliedPower == PowerQuantity(watts: Watts(500), unit: .kilowatt))
    }

    @Test func holdsOnlyTightenWhileOpen() {
        var world = BreachWorld()
        world.accept(Fixture.alert(1, .active, [Fixture.hint("n1", watts: 700)]))
        world.work()
        world.accept(Fixture.alert(1, .escalated, [Fixture.hint("n1", watts: 900), Fixture.hint("n2", watts: 800)]))
        world.work()
        #expect(world.watts("n1") == 700)
        #expect(world.watts("n2") == 800)
        #expect(world.lastReport?.results[0].appliedPower?.watts == Watts(700))
        world.accept(Fixture.alert(1, .escalated, [Fixture.hint("n1", watts: 600)]))
        world.work()
        #expect(world.watts("n1") == 600)
        // The hint that vanished stays held.
        #expect(world.watts("n2") == 800)
    }

    @Test func escalatedOpensABreachAndResolvedIsFinal() {
        var world = BreachWorld()
        world.accept(Fixture.alert(1, .escalated, [Fixture.hint("n1", watts: 700)]))
        world.work()
        world.accept(Fixture.alert(1, .resolved))
        let late = Fixture.alert(1, .active, [Fixture.hint("n1", watts: 600)])
        #expect(world.book.objection(to: late, source: Fixture.origin.source, now: world.now) == .breachResolved)
        #expect(world.book.isRepetition(Fixture.alert(1, .resolved)))
        world.pass(.seconds(40))
        #expect(world.book.objection(to: late, source: Fixture.origin.source, now: world.now) == .breachResolved)
    }

    @Test func aResolvedForAnUnknownBreachClosesItForGood() {
        var world = BreachWorld()
        world.accept(Fixture.alert(1, .resolved))
        #expect(world.lastReport?.action == .reverted)
        #expect(world.lastReport?.code == .success)
        #expect(
            world.book.objection(to: Fixture.alert(1), source: Fixture.origin.source, now: world.now)
                == .breachResolved)
    }

    @Test func aBreachBelongsToItsSource() {
        var world = BreachWorld()
        world.accept(Fixture.alert(1))
        #expect(
            world.book.objection(to: Fixture.alert(1, .resolved), source: "//grid/v1/poweragent/b", now: world.now)
                == .foreignBreach)
    }

    @Test func oldAndFutureBreachesAreRefused() {
        let book = BreachWorld().book
        let old = Fixture.alert(1, detectedAt: Fixture.start - .seconds(86_401))
        let future = Fixture.alert(1, detectedAt: Fixture.start + .seconds(301))
        #expect(book.objection(to: old, source: "s", now: Fixture.start) == .staleBreach)
        #expect(book.objection(to: future, source: "s", now: Fixture.start) == .futureBreach)
    }

    @Test func overlappingBreachesHoldTheTightestAndStepBack() {
        var world = BreachWorld()
        world.accept(Fixture.alert(1, .active, [Fixture.hint("n1", watts: 800)]))
        world.work()
        world.accept(Fixture.alert(2, .active, [Fixture.hint("n1", watts: 600)]))
        world.work()
        #expect(world.watts("n1") == 600)
        world.accept(Fixture.alert(2, .resolved))
        world.pass(.seconds(40))
        #expect(world.watts("n1") == 800)
        let last = world.reports.last { $0.enforcement.breachID == Fixture.id(2) }?.enforcement
        #expect(last?.action == .reverted)
        #expect(last?.code == .success)
        // The breach that goes on says what its control holds now.
        let other = world.reports.last { $0.enforcement.breachID == Fixture.id(1) }?.enforcement
        #expect(other?.results[0].code == .applied)
        #expect(other?.results[0].appliedPower == nil)
        world.accept(Fixture.alert(1, .resolved))
        world.pass(.seconds(40))
        #expect(world.watts("n1") == 1000)
    }

    @Test func warningGoesPriorityByPriorityWithAGraceForStragglers() {
        var world = BreachWorld()
        world.accept(
            Fixture.alert(
                1, .active, [Fixture.hint("n1", priority: 2, watts: 700), Fixture.hint("n2", priority: 1, watts: 700)],
                severity: .warning))
        world.work()
        #expect(world.order.map(\.resource) == ["n2", "n1"])
        var slow = BreachWorld()
        slow.accept(
            Fixture.alert(
                1, .active, [Fixture.hint("n1", priority: 2, watts: 700), Fixture.hint("n2", priority: 1, watts: 700)],
                severity: .warning))
        // n2's queue has not come to it; after the grace n1 starts all the same.
        slow.now = slow.now + .seconds(1)
        #expect(slow.book.tick(now: slow.now).isEmpty)
        slow.now = slow.now + .seconds(2)
        let key = ControlKey(resource: "n1", facet: .powerLimit)
        #expect(slow.book.tick(now: slow.now).contains(.converge(key, priority: 2)))
    }

    @Test func suspendedNodesRunAgainAndComeBackFirst() throws {
        var world = BreachWorld { $0.step = .percent(50) }
        world.accept(
            Fixture.alert(
                1, .active,
                [
                    Fixture.hint("n1", .suspend, priority: 3), Fixture.hint("n1-gpu0", priority: 3, watts: 300),
                    Fixture.hint("n2", priority: 1, watts: 700),
                ]))
        world.work()
        #expect(world.isDown("n1"))
        #expect(world.watts("n1-gpu0") == 1000)
        #expect(world.lastReport?.results[1].code == .applied)
        #expect(world.lastReport?.results[1].message?.hasPrefix("through the suspend of n1") == true)
        world.order = []
        world.accept(Fixture.alert(1, .resolved))
        world.pass(.seconds(60))
        #expect(!world.isDown("n1"))
        // n2 is only looked at before that.
        let first = world.order.firstIndex { $0.resource == "n1" }
        let last = world.order.lastIndex { $0.resource == "n2" }
        #expect(try #require(first) < #require(last))
        #expect(world.watts("n2") == 1000)
        #expect(world.lastReport?.code == .success)
    }

    @Test func innerHintsActAloneWhenTheSuspendFails() {
        var world = BreachWorld()
        world.faults[ControlKey(resource: "n1", facet: .powerState)] = BMCFault(.refused, "no")
        world.accept(
            Fixture.alert(1, .active, [Fixture.hint("n1", .suspend), Fixture.hint("n1-gpu0", watts: 300)]))
        world.work()
        #expect(world.watts("n1-gpu0") == 300)
        #expect(world.lastReport?.results.map(\.code) == [.failed, .applied])
    }

    @Test func partialAtReportAfterThenTheWhole() {
        var world = BreachWorld()
        world.accept(Fixture.alert(1, .active, [Fixture.hint("n1", watts: 700), Fixture.hint("n2", watts: 700)]))
        world.work(atMost: 1)
        #expect(world.reports.isEmpty)
        world.now = world.now + .seconds(10)
        world.perform(world.book.tick(now: world.now))
        #expect(world.lastReport?.code == .partial)
        #expect(world.lastReport?.results.count == 1)
        #expect(world.lastReport?.diagnosticMessage?.contains("1 still in progress") == true)
        world.work()
        #expect(world.lastReport?.code == .success)
        #expect(world.reports.count == 2)
    }

    @Test func theStateIsRepublishedWhileOpen() {
        var world = BreachWorld()
        world.accept(Fixture.alert(1, .active, [Fixture.hint("n1", watts: 700)]))
        world.work()
        let before = world.reports.count
        world.pass(.seconds(101))
        #expect(world.reports.count == before + 1)
    }

    @Test func aRaisedCapIsPutBackWhileHeld() {
        var world = BreachWorld()
        world.accept(Fixture.alert(1, .active, [Fixture.hint("n1", watts: 700)]))
        world.work()
        world.holds[ControlKey(resource: "n1", facet: .powerLimit)] = Fixture.limit(1000)
        world.pass(.seconds(31))
        #expect(world.watts("n1") == 700)
    }

    @Test func whatChangesAfterAReportIsToldOnceForAll() {
        var world = BreachWorld()
        let names = (1...8).map { "n\($0)" }
        world.accept(Fixture.alert(1, .active, names.map { Fixture.hint($0, watts: 700) }))
        world.work()
        let before = world.reports.count
        for name in names {
            world.faults[ControlKey(resource: name, facet: .powerLimit)] = BMCFault(.unreachable, "no route")
        }
        world.pass(.seconds(95))
        #expect(world.reports.count == before + 1)
        #expect(world.lastReport?.code == .error)
    }

    @Test func failingRevertsAreRetriedForAsLongAsItTakes() {
        var world = BreachWorld()
        let key = ControlKey(resource: "n1", facet: .powerLimit)
        world.accept(Fixture.alert(1, .active, [Fixture.hint("n1", watts: 700)]))
        world.work()
        world.faults[key] = BMCFault(.refused, "no")
        world.accept(Fixture.alert(1, .resolved))
        world.pass(.seconds(600))
        #expect(world.lastReport?.code == .error)
        #expect(!world.book.isIdle)
        world.faults[key] = nil
        world.pass(.seconds(400))
        #expect(world.watts("n1") == 1000)
        #expect(world.lastReport?.code == .success)
        #expect(world.book.isIdle)
    }

    @Test func theHoldDownDoublesForAFeedThatFlaps() {
        var world = BreachWorld()
        for (breach, wait) in [(1, 30), (2, 60), (3, 120)] {
            world.accept(
                Fixture.alert(breach, .active, [Fixture.hint("n1", watts: 700)], detectedAt: world.now))
            world.work()
            world.accept(Fixture.alert(breach, .resolved, detectedAt: world.now))
            world.pass(.seconds(wait - 2))
            #expect(world.watts("n1") == 700, "breach \(breach)")
            world.pass(.seconds(4))
            #expect(world.watts("n1") == 1000, "breach \(breach)")
        }
    }

    @Test func aRestartGoesOnFromWhatIsDurable() {
        var world = BreachWorld()
        world.accept(Fixture.alert(1, .active, [Fixture.hint("n1", watts: 700), Fixture.hint("n2", watts: 700)]))
        world.work(atMost: 1)
        // The process dies here: only what was made durable is left, and n2 was never begun.
        var after = world.restarted()
        after.work()
        #expect(after.watts("n1") == 700)
        #expect(after.watts("n2") == 700)
        #expect(after.lastReport?.code == .success)
        after.accept(Fixture.alert(1, .resolved))
        after.pass(.seconds(40))
        #expect(after.watts("n1") == 1000)
        #expect(after.watts("n2") == 1000)
    }

    /// Nothing of it is durable before its first intent but the hint, and the inventory no longer tells its BMC.
    @Test func whatLeftTheInventoryBeforeItWasBegunIsSkipped() {
        var world = BreachWorld()
        world.accept(Fixture.alert(1, .active, [Fixture.hint("n1", watts: 700), Fixture.hint("n2", watts: 700)]))
        world.work(atMost: 1)
        var after = world.restarted(site: Site())
        after.work()
        #expect(after.watts("n1") == 700)
        #expect(after.watts("n2") == 1000)
        #expect(after.lastReport?.code == .partial)
        #expect(after.lastReport?.results.map(\.code) == [.applied, .skipped])
        after.accept(Fixture.alert(1, .escalated, []))
        after.work()
        #expect(after.lastReport?.results.map(\.code) == [.applied, .skipped])
        after.accept(Fixture.alert(1, .resolved))
        after.pass(.seconds(40))
        #expect(after.watts("n1") == 1000)
        #expect(after.book.isIdle)
    }

    @Test func whatASuspendShouldHaveCoveredIsSkippedWithIt() {
        var world = BreachWorld { $0.maxSuspended = .percent(100) }
        world.accept(
            Fixture.alert(
                1, .active, [Fixture.hint("n2", .suspend, priority: 1), Fixture.hint("n2-gpu0", priority: 2)]))
        var after = world.restarted(site: Site())
        after.work()
        #expect(after.lastReport?.results.map(\.code) == [.skipped, .skipped])
        #expect(after.lastReport?.results.last?.message?.contains("inventory") == true)
    }

    @Test func whatLeftTheInventoryIsStillReleased() {
        var world = BreachWorld()
        world.accept(Fixture.alert(1, .active, [Fixture.hint("n1", watts: 700)]))
        world.work()
        world.book.reload(site: Site(), policy: world.book.policy)
        world.accept(Fixture.alert(1, .resolved))
        world.pass(.seconds(40))
        #expect(world.watts("n1") == 1000)
    }

    @Test func frozenNothingIsWrittenAndNothingUndone() {
        var world = BreachWorld()
        world.accept(Fixture.alert(1, .active, [Fixture.hint("n1", watts: 700)]))
        world.work()
        world.book.freeze()
        world.accept(Fixture.alert(2, .active, [Fixture.hint("n2", watts: 700)]))
        world.accept(Fixture.alert(1, .resolved))
        world.pass(.seconds(60))
        #expect(world.watts("n1") == 700)
        #expect(world.watts("n2") == 1000)
        world.perform(world.book.thaw(now: world.now) ?? [])
        world.pass(.seconds(60))
        #expect(world.watts("n1") == 1000)
        #expect(world.watts("n2") == 700)
    }

    /// As `mode: observe` does after a reload, beside an operator's freeze, which it neither sets nor ends.
    @Test func pausedNothingIsWrittenAndNothingUndone() {
        var world = BreachWorld()
        world.accept(Fixture.alert(1, .active, [Fixture.hint("n1", watts: 700)]))
        world.work()
        world.book.pause()
        #expect(!world.book.isFrozen)
        world.accept(Fixture.alert(1, .resolved))
        world.pass(.seconds(60))
        #expect(world.watts("n1") == 700)
        world.book.freeze()
        world.perform(world.book.unpause(now: world.now))
        world.pass(.seconds(60))
        #expect(world.watts("n1") == 700, "frozen still")
        world.perform(world.book.thaw(now: world.now) ?? [])
        world.pass(.seconds(60))
        #expect(world.watts("n1") == 1000)
    }

    @Test func aFreezeInTheMiddleOfAReleaseOwesThePrior() throws {
        var world = BreachWorld()
        world.accept(Fixture.alert(1, .active, [Fixture.hint("n1", watts: 700)]))
        world.work()
        world.accept(Fixture.alert(1, .resolved))
        world.now = world.now + .seconds(31)
        world.perform(world.book.tick(now: world.now))
        let key = ControlKey(resource: "n1", facet: .powerLimit)
        let begun = world.book.begin(key, now: world.now).0
        let assignment = try #require(begun)
        world.book.freeze()
        let refusal = try #require(world.book.permit(key, revision: assignment.revision))
        world.perform(
            world.book.finish(
                key, entry: assignment.convergence.entry, outcome: refusal, revision: assignment.revision,
                now: world.now))
        #expect(world.book.controls[key] != nil)
        world.perform(world.book.thaw(now: world.now) ?? [])
        world.pass(.seconds(60))
        #expect(world.watts("n1") == 1000)
        #expect(world.lastReport?.code == .success)
    }
}
