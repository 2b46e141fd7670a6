import PowerEvents
import Shedding
import Site
import StrictJSON
import Testing

/// What comes first, and what is begun no more.
struct OrderTests {
    static func key(_ resource: String, _ facet: ControlKey.Facet = .powerLimit) -> ControlKey {
        ControlKey(resource: resource, facet: facet)
    }

    static func priorities(_ actions: [Action]) -> [ControlKey: Int] {
        var all: [ControlKey: Int] = [:]
        for case .converge(let key, let priority) in actions { all[key] = priority }
        return all
    }

    @Test func shedsGoBeforeReleases() {
        var world = BreachWorld()
        world.accept(Fixture.alert(1, .active, [Fixture.hint("n1", priority: 1, watts: 700)]))
        world.work()
        world.accept(Fixture.alert(1, .resolved))
        world.now = world.now + .seconds(31)
        let releases = Self.priorities(world.book.tick(now: world.now))
        let sheds = Self.priorities(
            world.book.accept(
                Fixture.alert(2, .active, [Fixture.hint("n2", priority: 1_000_000, watts: 700)]),
                origin: Fixture.origin, now: world.now))
        #expect(sheds[Self.key("n2"), default: .max] < releases[Self.key("n1"), default: 0])
    }

    @Test func whatIsAskedForMoreUrgentlyMovesUp() {
        var world = BreachWorld()
        let first = Self.priorities(
            world.book.accept(
                Fixture.alert(1, .active, [Fixture.hint("n1", priority: 5, watts: 700)]), origin: Fixture.origin,
                now: world.now))
        #expect(first[Self.key("n1")] == 5)
        let second = Self.priorities(
            world.book.accept(
                Fixture.alert(2, .active, [Fixture.hint("n1", priority: 1, watts: 600)]), origin: Fixture.origin,
                now: world.now))
        #expect(second[Self.key("n1")] == 1)
    }

    /// It waited as a shed when its breach was resolved; it takes its turn as a release.
    @Test func aReleaseDoesNotRideOnAShedsPlace() {
        var world = BreachWorld()
        world.accept(Fixture.alert(1, .active, [Fixture.hint("n1", watts: 700)]))
        world.work()
        world.now = world.now + .seconds(31)
        // The watch has queued it, behind what was not written yet.
        #expect(Self.priorities(world.book.tick(now: world.now))[Self.key("n1")] == WorkPriority.watch)
        _ = world.book.accept(Fixture.alert(1, .resolved), origin: Fixture.origin, now: world.now)
        world.now = world.now + .seconds(31)
        _ = world.book.tick(now: world.now)
        let (assignment, actions) = world.book.begin(Self.key("n1"), now: world.now)
        #expect(assignment == nil)
        #expect(WorkPriority.isRelease(Self.priorities(actions)[Self.key("n1")] ?? 0))
    }

    @Test func afterAThawThePaceHolds() {
        var world = BreachWorld()
        world.accept(
            Fixture.alert(
                1, .active,
                [
                    Fixture.hint("n3", priority: 3, watts: 700), Fixture.hint("n2", priority: 2, watts: 700),
                    Fixture.hint("n1", priority: 1, watts: 700),
                ], severity: .warning))
        world.book.freeze()
        world.work()
        let thawed = Self.priorities(world.book.thaw(now: world.now) ?? [])
        #expect(thawed == [Self.key("n1"): 1])
    }

    /// No shutdown is sent after `resolved`, not even by what was recorded already.
    @Test func nothingIsBegunAfterResolved() throws {
        var world = BreachWorld()
        world.accept(Fixture.alert(1, .active, [Fixture.hint("n1", .suspend)]))
        let key = Self.key("n1", .powerState)
        let (begun, _) = world.book.begin(key, now: world.now)
        let assignment = try #require(begun)
        var convergence = assignment.convergence
        _ = convergence.didRead(.success(Fixture.power(.on)), now: world.now)
        #expect(world.book.permitRecord(convergence.entry, revision: assignment.revision) == nil)
        world.book.willWrite(convergence.entry)
        _ = convergence.didRecord()
        world.perform(world.book.accept(Fixture.alert(1, .resolved), origin: Fixture.origin, now: world.now))
        let refusal = try #require(world.book.permit(key, revision: assignment.revision))
        guard case .finish(let outcome) = convergence.didNotWrite(refusal) else {
            Issue.record("not finished")
            return
        }
        world.perform(
            world.book.finish(
                key, entry: convergence.entry, outcome: outcome, revision: assignment.revision, now: world.now))
        world.pass(.seconds(60))
        #expect(!world.isDown("n1"))
        #expect(world.book.isIdle)
        // It bore on nothing, and nothing is told of it.
        #expect(world.lastReport?.results.isEmpty == true)
        #expect(world.lastReport?.action == .reverted)
    }

    @Test func resolvedMidwayCancelsWhatHasNotStarted() {
        var world = BreachWorld()
        world.accept(Fixture.alert(1, .active, [Fixture.hint("n1", watts: 700), Fixture.hint("n2", watts: 700)]))
        world.work(atMost: 1)
        world.accept(Fixture.alert(1, .resolved))
        world.work()
        #expect(world.order.count == 1)
        world.pass(.seconds(40))
        #expect(world.watts("n1") == 1000)
        // What was never begun has no end to tell of.
        #expect(world.lastReport?.results.count == 1)
        #expect(world.lastReport?.code == .success)
    }

    /// A cap that is lost in the hold-down is not put back: the breach is over.
    @Test func theHoldDownWritesNothing() {
        var world = BreachWorld()
        world.accept(Fixture.alert(1, .active, [Fixture.hint("n1", watts: 700)]))
        world.work()
        world.accept(Fixture.alert(1, .resolved))
        world.holds[Self.key("n1")] = Fixture.limit(950)
        world.pass(.seconds(29))
        #expect(world.watts("n1") == 950)
    }

    @Test func aBreachThatComesBackDuringTheRampIsDamped() {
        var world = BreachWorld { $0.step = .percent(10) }
        let hints = (1...8).map { Fixture.hint("n\($0)", watts: 700) }
        world.accept(Fixture.alert(1, .active, hints))
        world.work()
        world.accept(Fixture.alert(1, .resolved))
        world.pass(.seconds(35))
        #expect(world.book.breaches[Fixture.id(1)]?.isClosed == false)
        world.accept(Fixture.alert(2, .active, hints))
        #expect(world.book.breaches[Fixture.id(2)]?.holdDown == .seconds(60))
    }

    // MARK: Reload

    @Test func aFloorThatIsTakenAwayLowersNothing() throws {
        var world = BreachWorld()
        world.accept(Fixture.alert(1, .active, [Fixture.hint("n1", watts: 200)]))
        world.work()
        #expect(world.watts("n1") == 500)
        world.book.reload(site: try Self.site { $0.floor = nil }, policy: world.book.policy)
        world.pass(.seconds(70))
        #expect(world.watts("n1") == 500)
        // The next alert counts by the new rules, and so does what it meets.
        world.accept(Fixture.alert(2, .active, [Fixture.hint("n1", watts: 300)]))
        world.work()
        #expect(world.watts("n1") == 200)
    }

    @Test func protectedWritesNothingOverAnOperator() throws {
        var world = BreachWorld()
        world.accept(Fixture.alert(1, .active, [Fixture.hint("n1", watts: 600)]))
        world.work()
        world.holds[Self.key("n1")] = Fixture.limit(900)
        world.book.reload(site: try Self.site { $0.isProtected = true }, policy: world.book.policy)
        world.pass(.seconds(70))
        #expect(world.watts("n1") == 900)
        world.accept(Fixture.alert(1, .resolved))
        world.pass(.seconds(60))
        #expect(world.watts("n1") == 900)
    }

    @Test func aChangedAddressReachesWhatIsHeld() throws {
        var world = BreachWorld()
        world.accept(Fixture.alert(1, .active, [Fixture.hint("n1", watts: 600)]))
        world.work()
        let bmc = BMC(
            address: try #require(BMC.Address("https://10.0.0.99")), credentials: "bmc", trust: .systemAuthorities)
        world.book.reload(site: try Self.site { $0.bmc = bmc }, policy: world.book.policy)
        let entry = try #require(world.book.controls[Self.key("n1")]?.entry)
        #expect(entry.bmc == bmc)
        #expect(entry.isMoved == true)
    }

    private struct Changed {
        var floor: Watts? = Watts(500)
        var isProtected = false
        var bmc: BMC?
    }

    private static func site(_ change: (inout Changed) -> Void) throws -> Site {
        var changed = Changed()
        change(&changed)
        let resources = Fixture.site.order.compactMap { Fixture.site.resources[$0] }.map { resource in
            guard resource.id == "n1" else { return resource }
            return Resource(
                id: "n1", type: .node, bmc: changed.bmc ?? resource.bmc, parent: resource.parent, floor: changed.floor,
                isProtected: changed.isProtected, feeds: resource.feeds)
        }
        return Site(resources: resources, credentials: Fixture.site.credentials)
    }
}
