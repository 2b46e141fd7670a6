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

    @Test func whatWasNeverSeenComesFirstThenAllInTurn() throws {
        var readiness = Readiness()
        readiness.reload(try Self.site())
        let address = try Self.bmc(1).address
        // Protected machines and places without a BMC are not visited.
        #expect(readiness.addresses == [address])
        var seen: [String] = []
        for _ in 0..<4 {
            let step = readiness.next(address)
            let next = try #require(step)
            #expect((next.known == nil) == (seen.count < 2))
            seen.append(next.resource.id)
            var assessment = Assessment(next.resource)
            if next.resource.type == .gpu { assessment.objections = ["no limit"] }
            readiness.take(assessment)
        }
        #expect(seen == ["a", "a-gpu", "a", "a-gpu"])
        #expect(!readiness.isNew(address))
        #expect(readiness.enforceable == 1)
        #expect(readiness.json["not_enforceable"]?.array?.first?["why"] == "no limit")
    }

    @Test func anInventoryThatShrinksForgets() throws {
        var readiness = Readiness()
        readiness.reload(try Self.site())
        let step = readiness.next(try Self.bmc(1).address)
        let next = try #require(step)
        readiness.take(Assessment(next.resource))
        readiness.reload(Site(resources: [], credentials: [:]))
        #expect(readiness.assessments.isEmpty)
        #expect(readiness.addresses.isEmpty)
    }
}
