import PowerEvents
import Site
import Testing

@testable import Shedding

/// Which BMCs are relied on, and when what changes is told.
struct FleetHealthTests {
    private static let start = Timestamp(milliseconds: 1_000_000)
    private static let round = Duration.seconds(60)
    private static let refused = BMCTrouble(.unreachable, "the connection is refused, or there is no route")

    private static func address(_ number: Int) throws -> BMC.Address {
        try #require(BMC.Address("https://10.0.0.\(number)"))
    }

    private static func fleet(_ count: Int) throws -> (FleetHealth, [BMC.Address]) {
        var fleet = FleetHealth(patrolEvery: round)
        let bmcs = try (1...count).map(address)
        fleet.reload(bmcs)
        return (fleet, bmcs)
    }

    // MARK: One BMC

    @Test func oneLookIsEnoughToFailAndTwoInTwoRoundsToBeReliedOnAgain() {
        var health = BMCHealth()
        var now = Self.start
        #expect(health.state == .unknown && health.isReliable)
        health.look(nil, round: Self.round, now: now)
        #expect(health.state == .healthy)
        health.look(Self.refused, round: Self.round, now: now)
        #expect(health.state == .failing && !health.isReliable && health.since == now)
        now = now + Self.round
        health.look(nil, round: Self.round, now: now)
        #expect(health.state == .recovering && !health.isReliable && health.trouble == Self.refused)
        // The parts of one machine are looked at together, which is one look.
        health.look(nil, round: Self.round, now: now + .milliseconds(20))
        #expect(health.state == .recovering)
        health.look(nil, round: Self.round, now: now + Self.round)
        #expect(health.state == .healthy && health.since == nil && health.trouble == nil)
    }

    @Test func oneThatComesAndGoesIsNotReliedOn() {
        var health = BMCHealth()
        var now = Self.start
        health.look(Self.refused, round: Self.round, now: now)
        for _ in 0..<10 {
            now = now + Self.round
            health.look(nil, round: Self.round, now: now)
            #expect(!health.isReliable)
            now = now + Self.round
            health.look(Self.refused, round: Self.round, now: now)
            #expect(!health.isReliable && health.since == Self.start)
        }
    }

    @Test func whatMayBeOfOneResourceIsNoCertainTroubleOfItsBMC() {
        for kind in BMCFault.Kind.allCases {
            #expect(BMCTrouble(BMCFault(kind, "why", mayBeOfResource: true))?.isCertain != true)
            let isWhole = [.unreachable, .circuitOpen, .untrusted, .unauthorized, .busy].contains(kind)
            #expect((BMCTrouble(BMCFault(kind, "why")) != nil) == isWhole, "\(kind)")
        }
    }

    // MARK: Many

    @Test func fiftyFourThatFailTogetherAreOneGroupAndOneLine() throws {
        var (fleet, bmcs) = try Self.fleet(60)
        for bmc in bmcs { fleet.look(at: bmc, nil, now: Self.start) }
        #expect(fleet.counts == [.healthy: 60, .failing: 0, .recovering: 0, .unknown: 0])
        #expect(fleet.nextDue == nil)
        for bmc in bmcs.prefix(54) { fleet.look(at: bmc, Self.refused, now: Self.start) }
        #expect(fleet.counts[.failing] == 54 && fleet.unreliable.count == 54)
        let group = try #require(fleet.groups.first)
        #expect(fleet.groups.count == 1 && group.bmcs.count == 54 && group.since == Self.start)
        #expect(group.next.contains("every 60s"))
        let early = fleet.tell(now: Self.start + .seconds(1))
        #expect(early == nil)
        let told = fleet.tell(now: Self.start + .seconds(2))
        #expect(told?.failing.map(\.bmcs.count) == [54] && told?.healthy == [] && told?.stillFailing == 54)
        let again = fleet.tell(now: Self.start + .seconds(100))
        #expect(again == nil)
    }

    /// What a round finds one after the other is one more line, and no line for each.
    @Test func aRackThatTheRoundComesToPieceByPieceIsTwoLines() throws {
        var (fleet, bmcs) = try Self.fleet(54)
        var lines: [Int] = []
        for second in 0..<120 {
            let now = Self.start + .seconds(second)
            if second < 54 { fleet.look(at: bmcs[second], Self.refused, now: now) }
            if let news = fleet.tell(now: now) { lines += news.failing.map(\.bmcs.count) }
        }
        #expect(lines.reduce(0, +) == 54 && lines.count == 2)
    }

    @Test func whatCameAndWentBeforeItWasToldIsNoNews() throws {
        var (fleet, bmcs) = try Self.fleet(1)
        fleet.look(at: bmcs[0], Self.refused, now: Self.start)
        fleet.look(at: bmcs[0], nil, now: Self.start + .milliseconds(100))
        fleet.look(at: bmcs[0], nil, now: Self.start + .seconds(90))
        #expect(fleet[bmcs[0]].state == .healthy)
        let news = fleet.tell(now: Self.start + .seconds(200))
        #expect(news == nil)
    }

    @Test func recoveryIsToldOnceAndFlappingIsNot() throws {
        var (fleet, bmcs) = try Self.fleet(1)
        var now = Self.start
        fleet.look(at: bmcs[0], Self.refused, now: now)
        now = now + .seconds(2)
        let first = fleet.tell(now: now)
        #expect(first?.failing.count == 1)
        for _ in 0..<5 {
            now = now + Self.round
            fleet.look(at: bmcs[0], nil, now: now)
            now = now + Self.round
            fleet.look(at: bmcs[0], Self.refused, now: now)
            let news = fleet.tell(now: now + .seconds(2))
            #expect(news == nil)
        }
        for _ in 0..<2 {
            now = now + Self.round
            fleet.look(at: bmcs[0], nil, now: now)
        }
        let news = fleet.tell(now: now + .seconds(2))
        #expect(news?.healthy == bmcs && news?.stillFailing == 0)
    }

    @Test func anInventoryThatShrinksForgets() throws {
        var (fleet, bmcs) = try Self.fleet(3)
        for bmc in bmcs { fleet.look(at: bmc, Self.refused, now: Self.start) }
        fleet.reload([bmcs[0]])
        #expect(fleet.total == 1 && fleet.unreliable == [bmcs[0]] && fleet.counts[.failing] == 1)
    }
}
