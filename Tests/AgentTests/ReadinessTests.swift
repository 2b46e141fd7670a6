import PowerEvents
import Site
import StrictJSON
import Testing

@testable import Agent
@testable import Shedding

struct ReadinessTests {
    private static func bmc(_ number: Int) throws -> BMC {
        BMC(
            address: try #require(BMC.Address("https://10.0.0.\(number)")), credentials: "c", trust: .unverified)
    }

    private static func site() throws -> Site {
        Site(
            resources: [
                Resource(id: "rack", type: .chassis), Resource(id: "a", type: .node, bmc: try bmc(1), parent: "rack"),
                Resource(id: "a-gpu", type: .gpu, bmc: try bmc(1), parent: "a"),
                Resource(id: "login", type: .node, bmc: try bmc(2), isProtected: true),
            ], credentials: [:])
    }

    private static func assessment(_ id: String) throws -> Assessment {
        Assessment(try #require(try site().resources[id]))
    }

    @Test func whatIsEnforceableIsCounted() throws {
        var readiness = Readiness(try Self.site())
        readiness.take(try Self.assessment("a"))
        var failing = try Self.assessment("a-gpu")
        failing.objections = ["no limit"]
        readiness.take(failing)
        #expect(readiness.enforceable(FleetHealth()) == 1)
        // Protected machines and places without a BMC are not visited.
        let json = readiness.json(FleetHealth())
        #expect(json["of"]?.text == "2")
        #expect(json["not_enforceable"]?.array?.first?["why"] == "no limit")
    }

    @Test func anInventoryThatShrinksForgets() throws {
        var readiness = Readiness(try Self.site())
        readiness.take(try Self.assessment("a"))
        readiness.reload(Site(resources: [], credentials: [:]))
        #expect(readiness.assessments.isEmpty)
        #expect(readiness.enforceable(FleetHealth()) == 0)
    }

    /// Behind a BMC that never answered nobody could look at the others; they are no better for that.
    @Test func aBMCInTroubleTakesOutWhatNobodyLookedAt() throws {
        var health = FleetHealth(patrolEvery: .seconds(60))
        let bmc = try Self.bmc(1).address
        health.reload([bmc])
        health.look(at: bmc, BMCTrouble(.unreachable, "no route"), now: Timestamp(milliseconds: 0))
        let readiness = Readiness(try Self.site())
        #expect(readiness.resources(of: [bmc]) == ["a", "a-gpu"])
        #expect(readiness.objections(health).map(\.resource) == ["a", "a-gpu"])
        #expect(readiness.json(health)["visited"]?.number?.int == 2)
        #expect(readiness.json(health)["enforceable"]?.number?.int == 0)
    }

    /// A BMC that fails takes all its resources with it, and gives them back once it is relied on again.
    @Test func aBMCInTroubleTakesItsResourcesOut() throws {
        var health = FleetHealth(patrolEvery: .seconds(60))
        let bmc = try Self.bmc(1).address
        let start = Timestamp(milliseconds: 0)
        health.reload([bmc])
        var readiness = Readiness(try Self.site())
        readiness.take(try Self.assessment("a"))
        readiness.take(try Self.assessment("a-gpu"))
        #expect(readiness.enforceable(health) == 2)
        let trouble = BMCTrouble(.unreachable, "no route")
        health.look(at: bmc, trouble, now: start)
        var failed = try Self.assessment("a")
        failed.trouble = trouble
        failed.objections = ["no route"]
        readiness.take(failed)
        #expect(readiness.enforceable(health) == 0)
        #expect(readiness.objections(health).map(\.resource) == ["a", "a-gpu"])
        #expect(readiness.objections(health).allSatisfy { $0.why == "no route" })
        #expect(readiness.resources(of: [bmc]) == ["a", "a-gpu"])
        health.look(at: bmc, nil, now: start + .seconds(60))
        #expect(readiness.enforceable(health) == 0)
        health.look(at: bmc, nil, now: start + .seconds(120))
        #expect(readiness.enforceable(health) == 2, "both at once, though one was looked at only")
        #expect(readiness.objections(health).isEmpty)
    }
}
