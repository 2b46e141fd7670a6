import PowerEvents
import Shedding
import Site
import StrictJSON
import Testing

@testable import Agent

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
        #expect(readiness.enforceable == 1)
        // Protected machines and places without a BMC are not visited.
        #expect(readiness.json["of"]?.text == "2")
        #expect(readiness.json["not_enforceable"]?.array?.first?["why"] == "no limit")
    }

    @Test func anInventoryThatShrinksForgets() throws {
        var readiness = Readiness(try Self.site())
        readiness.take(try Self.assessment("a"))
        readiness.reload(Site(resources: [], credentials: [:]))
        #expect(readiness.assessments.isEmpty)
        #expect(readiness.enforceable == 0)
    }
}
