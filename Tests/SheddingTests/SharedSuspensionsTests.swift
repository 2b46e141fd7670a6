import PowerEvents
import Site
import Testing

@testable import Shedding

/// `max_suspended` over a site of several shards: what is claimed of it, and what waits for the answer.
struct SharedSuspensionsTests {
    /// The site of the fixture has 11 nodes.
    private static func world(
        _ elsewhere: SuspensionsElsewhere? = .init(nodes: 9, down: 0), contents: Core.Contents = Core.Contents(),
        mode: Mode = .enforce
    ) -> CoreWorld {
        CoreWorld(mode: mode, contents: contents, before: [.elsewhere(elsewhere, counted: nil)], metersAtOnce: true)
    }

    /// The claim that is to be answered.
    private static func claim(_ world: inout CoreWorld) -> SuspensionClaim? {
        let index = world.effects.firstIndex { if case .claim = $0 { true } else { false } }
        guard let index, case .claim(let claim) = world.effects.remove(at: index) else { return nil }
        return claim
    }

    /// Answers as a site would in which others have so many down.
    private static func answer(_ world: inout CoreWorld, nodes: Int = 9, down: Int) throws {
        let found = claim(&world)
        let claim = try #require(found)
        let elsewhere = SuspensionsElsewhere(nodes: nodes, down: down)
        world.step(.claimed(.init(granted: claim.granted(beside: elsewhere), elsewhere: elsewhere)))
    }

    /// Until the site has been told what there is.
    private static func settled(_ down: Int = 0) throws -> CoreWorld {
        var world = world()
        world.pass(.milliseconds(100))
        try answer(&world, down: down)
        world.pass(.seconds(2))
        #expect(claim(&world) == nil)
        return world
    }

    private static func suspends(_ names: String...) -> [ShedHint] {
        names.enumerated().map { Fixture.hint($1, .suspend, priority: $0 + 1) }
    }

    private static func reasons(_ world: CoreWorld, _ breach: Int = 1) -> [SkipReason] {
        (world.core.book.breaches[Fixture.id(breach)]?.plans ?? []).compactMap {
            if case .skipped(let reason) = $0.verdict { reason } else { nil }
        }
    }

    // MARK: The bound

    @Test(arguments: [
        // keep, wanted, nodes here and elsewhere, down there, granted
        (0, 3, 40, 40, 0, 3), (0, 9, 40, 40, 0, 8), (0, 9, 40, 40, 5, 3), (2, 9, 40, 40, 7, 2), (0, 1, 40, 40, 8, 0),
        // As many as are down are down, whatever may be.
        (6, 6, 40, 40, 8, 6), (0, 1, 11, 0, 0, 1), (0, 9, 11, 0, 0, 2),
    ])
    func aClaimIsGrantedAsFarAsTheShareOfTheSiteAllows(
        _ keep: Int, _ wanted: Int, _ nodes: Int, _ others: Int, _ down: Int, _ granted: Int
    ) {
        let claim = SuspensionClaim(keep: keep, wanted: wanted, nodes: nodes, share: .percent(10))
        #expect(claim.granted(beside: .init(nodes: others, down: down)) == granted)
    }

    // MARK: Alerts

    @Test func anAgentAloneClaimsNothing() {
        var world = CoreWorld(metersAtOnce: true)
        world.alert(Fixture.alert(1, .active, Self.suspends("n1", "n2", "n3")))
        world.pass(.seconds(2))
        #expect(Self.claim(&world) == nil)
        #expect(world.reads == ["n1", "n2"])
        #expect(Self.reasons(world) == [.maxSuspended("n3", limit: 2, nodes: 11)])
    }

    /// Nothing of it is planned before the site has said how much of it may be.
    @Test func whatSuspendsWaitsForTheSite() throws {
        var world = try Self.settled()
        world.alert(Fixture.alert(1, .active, Self.suspends("n1", "n2", "n3") + [Fixture.hint("n4", watts: 700)]))
        #expect(world.reads.isEmpty && world.batches.isEmpty)
        let elsewhere = SuspensionsElsewhere(nodes: 9, down: 1)
        #expect(Self.claim(&world) == .init(keep: 0, wanted: 3, nodes: 11, share: .percent(10)))
        world.step(.claimed(.init(granted: 1, elsewhere: elsewhere)))
        #expect(world.reads.sorted() == ["n1", "n4"])
        let reason = SkipReason.maxSuspended("n2", limit: 2, nodes: 20, elsewhere: 1)
        #expect(Self.reasons(world).first == reason)
        #expect(Self.reasons(world).count == 2)
        #expect(
            "\(reason)" == "n2: 2 of the site's 20 nodes may be down at once, and 1 is in other shards (max_suspended)")
    }

    /// With a standby, and no other shard.
    @Test func whereThereIsNoOtherShardNothingIsSaidOfThem() throws {
        var world = try Self.settled()
        world.alert(Fixture.alert(1, .active, Self.suspends("n1", "n2", "n3")))
        try Self.answer(&world, nodes: 0, down: 0)
        #expect(Self.reasons(world) == [.maxSuspended("n3", limit: 2, nodes: 11)])
    }

    /// What the site has granted it need not be asked for again.
    @Test func theSameAgainIsNotAskedAgain() throws {
        var world = try Self.settled()
        world.alert(Fixture.alert(1, .active, Self.suspends("n1", "n2")))
        try Self.answer(&world, down: 0)
        world.alert(Fixture.alert(1, .escalated, Self.suspends("n1", "n2")))
        #expect(Self.claim(&world) == nil)
        // More is.
        world.alert(Fixture.alert(1, .escalated, Self.suspends("n1", "n2", "n3")))
        #expect(Self.claim(&world) == .init(keep: 2, wanted: 3, nodes: 11, share: .percent(10)))
    }

    @Test func capsWaitForNothing() throws {
        var world = try Self.settled()
        world.alert(Fixture.alert(1, .active, [Fixture.hint("n1", watts: 700)]))
        #expect(world.reads == ["n1"])
    }

    /// An alert is never overtaken by a later one, least of all by the end of its breach.
    @Test func whatComesBehindWaitsToo() throws {
        var world = try Self.settled()
        world.alert(Fixture.alert(1, .active, Self.suspends("n1")))
        world.alert(Fixture.alert(2, .active, [Fixture.hint("n2", watts: 700)]))
        world.alert(Fixture.alert(1, .resolved))
        world.alert(Fixture.alert(3, .active, Self.suspends("n3", "n5")))
        #expect(world.reads.isEmpty && world.batches.isEmpty && !world.core.isIdle)
        try Self.answer(&world, down: 0)
        #expect(world.core.book.breaches[Fixture.id(1)]?.isOpen == false)
        #expect(world.core.book.breaches[Fixture.id(2)]?.isOpen == true)
        // The last asks for more than was granted, so it asks.
        #expect(world.core.book.breaches[Fixture.id(3)] == nil)
        #expect(Self.claim(&world)?.wanted == 2)
        #expect(world.batches.flatMap(\.records.handled) == [1, 2, 3])
    }

    /// Nothing is suspended without knowing what others hold down, and all else is done.
    @Test func withoutAnAnswerNothingMoreIsSuspended() throws {
        var world = try Self.settled()
        world.alert(Fixture.alert(1, .active, Self.suspends("n1") + [Fixture.hint("n4", watts: 700)]))
        _ = Self.claim(&world)
        world.step(.claimed(nil))
        #expect(world.reads == ["n4"])
        #expect(Self.reasons(world) == [.suspensionsUnknown("n1")])
        world.commitAll()
        // It is tried until there is an answer.
        world.pass(.seconds(1))
        #expect(Self.claim(&world) == .init(keep: 0, wanted: 0, nodes: 11, share: .percent(10)))
        world.step(.claimed(.init(granted: 0, elsewhere: .init(nodes: 9, down: 0))))
        world.alert(Fixture.alert(1, .escalated, Self.suspends("n1")))
        try Self.answer(&world, down: 0)
        #expect(Self.reasons(world).isEmpty)
    }

    @Test func whatWaitsWhenTheProcessStopsStaysInTheInbox() throws {
        var world = try Self.settled()
        world.alert(Fixture.alert(1, .active, Self.suspends("n1")))
        world.step(.stopping)
        try Self.answer(&world, down: 0)
        #expect(world.reads.isEmpty && world.batches.isEmpty && world.core.isAtRest)
    }

    /// Of what would only be written down nothing is claimed.
    @Test func anObserverClaimsWhatIsDownAndNothingElse() {
        var world = Self.world(mode: .observe)
        world.pass(.milliseconds(100))
        #expect(Self.claim(&world)?.wanted == 0)
        world.alert(Fixture.alert(1, .active, Self.suspends("n1")))
        #expect(Self.claim(&world) == nil)
    }

    /// A plan that is asked for shows what the site would allow.
    @Test func aRehearsalCountsWithWhatTheSiteWouldAllow() throws {
        var world = try Self.settled()
        world.step(.elsewhere(.init(nodes: 19, down: 1), counted: 0))
        let alert = Fixture.alert(1, .active, Self.suspends("n1", "n2", "n3"))
        let plans = world.core.book.rehearsal(of: alert, now: world.now).breaches[Fixture.id(1)]?.plans ?? []
        #expect(plans.count { $0.demand == .suspended } == 2)
    }

    // MARK: Giving back

    /// Fewer count only once it is durable that they are.
    @Test func whatIsBackCountsUntilThatIsDurable() throws {
        var world = try Self.settled()
        world.alert(Fixture.alert(1, .active, Self.suspends("n1", "n2")))
        try Self.answer(&world, down: 0)
        world.commitAll()
        world.pass(.seconds(2))
        #expect(Self.claim(&world) == nil)
        // Never begun, so that nothing is to be put back.
        world.alert(Fixture.alert(1, .resolved))
        world.pass(.seconds(40))
        world.pass(.seconds(2))
        #expect(world.core.book.suspendedNodes.isEmpty && !world.batches.isEmpty)
        #expect(Self.claim(&world) == nil)
        world.commitAll()
        world.pass(.seconds(2))
        world.commitAll()
        world.pass(.seconds(2))
        #expect(Self.claim(&world) == .init(keep: 0, wanted: 0, nodes: 11, share: .percent(10)))
    }

    /// An agent that begins with what is down says so, and takes nothing for granted.
    @Test func aStartClaimsWhatItsJournalHoldsDown() throws {
        var first = try Self.settled()
        first.alert(Fixture.alert(1, .active, Self.suspends("n1", "n2")))
        try Self.answer(&first, down: 0)
        let breach = try #require(first.core.book.breaches[Fixture.id(1)])
        var world = Self.world(nil, contents: .init(breaches: [breach], lastRecordAt: Fixture.start))
        world.commitAll()
        world.pass(.milliseconds(100))
        #expect(Self.claim(&world) == .init(keep: 2, wanted: 2, nodes: 11, share: .percent(10)))
        // It is down, although more is than may be.
        world.step(.claimed(.init(granted: 2, elsewhere: .init(nodes: 9, down: 1))))
        #expect(world.core.book.suspendedNodes.count == 2)
        world.alert(Fixture.alert(1, .escalated, Self.suspends("n3")))
        try Self.answer(&world, down: 1)
        #expect(world.core.book.suspendedNodes.count == 2)
    }

    /// Somebody has removed what this agent has said.
    @Test func whatTheSiteHasLostIsToldAgain() throws {
        var world = try Self.settled()
        world.alert(Fixture.alert(1, .active, Self.suspends("n1")))
        // Heard before its own claim was answered.
        world.step(.elsewhere(.init(nodes: 9, down: 0), counted: 1))
        try Self.answer(&world, down: 0)
        world.commitAll()
        world.step(.elsewhere(.init(nodes: 9, down: 1), counted: 1))
        world.pass(.seconds(2))
        #expect(Self.claim(&world) == nil)
        world.step(.elsewhere(.init(nodes: 9, down: 1), counted: nil))
        world.pass(.milliseconds(100))
        #expect(Self.claim(&world) == .init(keep: 1, wanted: 1, nodes: 11, share: .percent(10)))
    }

    /// With the inventory the number of nodes may have changed, and with the policy the share.
    @Test func aReloadTellsTheSiteAnew() throws {
        var world = try Self.settled()
        var policy = world.core.book.policy
        policy.maxSuspended = .percent(20)
        world.step(.reloaded(Fixture.site, policy, .enforce))
        world.pass(.milliseconds(100))
        #expect(Self.claim(&world) == .init(keep: 0, wanted: 0, nodes: 11, share: .percent(20)))
    }
}
