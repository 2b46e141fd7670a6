import PowerEvents
import Shedding
import Site
import StrictJSON
import Testing

/// A control is what a BMC holds once, whichever resources lead to it.
struct SharedControlTests {
    static let n1 = ControlKey(resource: "n1", facet: .powerLimit)
    static let hgx = ControlKey(resource: "hgx", facet: .powerLimit)

    /// Node and chassis are one limit. Both are on one BMC in the field; here the key says enough.
    static func world(_ change: (inout Policy) -> Void = { _ in }) -> BreachWorld {
        var world = BreachWorld(change)
        world.sharedWith = [n1: n1, ControlKey(resource: "n1b", facet: .powerLimit): n1]
        return world
    }

    /// Two entries of the inventory for one machine.
    static let site: Site = {
        var resources = Fixture.site.order.compactMap { Fixture.site.resources[$0] }
        if let n1 = Fixture.site.resources["n1"] {
            resources.append(
                Resource(id: "n1b", type: .chassis, bmc: n1.bmc, parent: nil, floor: Watts(300), feeds: n1.feeds))
        }
        return Site(resources: resources, credentials: Fixture.site.credentials)
    }()

    static func shared(_ change: (inout Policy) -> Void = { _ in }) -> BreachWorld {
        var world = world(change)
        world.book.reload(site: site, policy: world.book.policy)
        return world
    }

    static func chassisHint(_ watts: Int, priority: Int = 1) -> ShedHint {
        Fixture.hint("n1b", priority: priority, watts: watts, type: .chassis)
    }

    @Test func twoBreachesOnOneLimitLeaveItAsItWas() {
        var world = Self.shared()
        world.accept(Fixture.alert(1, .active, [Self.chassisHint(900)]))
        world.work()
        #expect(world.watts("n1") == 900)
        world.accept(Fixture.alert(2, .active, [Fixture.hint("n1", watts: 600)]))
        world.work()
        #expect(world.watts("n1") == 600)
        world.accept(Fixture.alert(1, .resolved))
        world.pass(.seconds(40))
        #expect(world.watts("n1") == 600)
        world.accept(Fixture.alert(2, .resolved))
        world.pass(.seconds(40))
        #expect(world.watts("n1") == 1000)
        #expect(world.book.isIdle)
        #expect(world.durable.controls.isEmpty)
        for report in world.reports {
            #expect(report.enforcement.results.allSatisfy { $0.message?.contains("somebody else") != true })
        }
    }

    @Test func oneBreachOnBothHasAResultForEach() throws {
        var world = Self.shared()
        world.accept(Fixture.alert(1, .active, [Self.chassisHint(900), Fixture.hint("n1", priority: 2, watts: 600)]))
        world.work()
        let report = try #require(world.lastReport)
        #expect(report.code == .success)
        #expect(report.results.map(\.resourceID) == ["n1b", "n1"])
        #expect(report.results[0].appliedPower?.watts == Watts(600))
        world.accept(Fixture.alert(1, .resolved))
        world.pass(.seconds(40))
        #expect(world.watts("n1") == 1000)
        #expect(world.lastReport?.results.count == 2)
        #expect(world.durable.controls.isEmpty)
    }

    /// Killed at any of these moments, the next process knows what is one.
    @Test(arguments: 0..<4)
    func aRestartKnowsWhatIsOne(moment: Int) {
        var world = Self.shared()
        world.accept(Fixture.alert(1, .active, [Self.chassisHint(900)]))
        world.work()
        if moment == 0 { world = world.restarted(site: Self.site) }
        world.accept(Fixture.alert(2, .active, [Fixture.hint("n1", watts: 600)]))
        if moment == 1 { world = world.restarted(site: Self.site) }
        world.work()
        if moment == 2 { world = world.restarted(site: Self.site) }
        world.accept(Fixture.alert(1, .resolved))
        world.pass(.seconds(40))
        #expect(world.watts("n1") == 600)
        world.accept(Fixture.alert(2, .resolved))
        if moment == 3 { world = world.restarted(site: Self.site) }
        world.pass(.seconds(60))
        #expect(world.watts("n1") == 1000)
        #expect(world.durable.controls.isEmpty)
    }

    /// A journal of an earlier version has an entry for each, and the second's prior is our own cap.
    @Test func entriesOfEarlierVersionsBecomeOne() throws {
        func entry(_ key: ControlKey, prior: Int, intent: Int, at seconds: Int) throws -> ControlEntry {
            var entry = ControlEntry(
                key: key, type: .node, bmc: try #require(Fixture.site.resources["n1"]?.bmc), pins: .init())
            entry.locator = ["dialect": "control", "uri": "/redfish/v1/Chassis/1/Controls/P/"]
            entry.prior = .init(
                value: .limit(Watts(prior)), fragment: ["SetPoint": .number(JSONNumber(prior))],
                takenAt: Fixture.start + .seconds(seconds))
            entry.intent = .limit(Watts(intent))
            entry.held = entry.intent
            return entry
        }
        let second = ControlKey(resource: "n1b", facet: .powerLimit)
        let book = Breaches(
            site: Self.site, policy: Policy(), breaches: [],
            controls: [
                try entry(Self.n1, prior: 900, intent: 600, at: 10), try entry(second, prior: 1000, intent: 900, at: 1),
            ])
        #expect(book.controls.count == 1)
        let only = try #require(book.controls[second]?.entry)
        #expect(only.prior?.value == .limit(Watts(1000)))
        #expect(only.sharedBy == [Self.n1])
        #expect(only.earlierIntents == [.limit(Watts(600))])
    }

    @Test func theHigherFloorOfBothCounts() {
        var world = Self.shared()
        world.accept(Fixture.alert(1, .active, [Self.chassisHint(350)]))
        world.work()
        #expect(world.watts("n1") == 350)
        // n1 has a floor of 500 W: what is held is not raised, but a new demand counts by both.
        world.accept(Fixture.alert(2, .active, [Fixture.hint("n1", watts: 320)]))
        world.work()
        #expect(world.watts("n1") == 500)
    }
}
