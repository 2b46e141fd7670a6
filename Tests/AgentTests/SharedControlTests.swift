import PowerEvents
import Redfish
import Shedding
import Site
import StrictJSON
import Testing

@testable import Agent

struct SharedControlTests {
    private static func assessment(_ id: String, _ locator: JSONValue?) throws -> Assessment {
        let bmc = BMC(
            address: try #require(BMC.Address("https://10.0.0.1")), credentials: "c", trust: .unverified)
        var assessment = Assessment(Resource(id: id, type: .node, bmc: bmc))
        assessment.identity = locator.flatMap {
            ControlIdentity(bmc: bmc.address, facet: .powerLimit, locator: $0)
        }
        return assessment
    }

    /// A Control and an excerpt of it are one; members of one resource are not.
    @Test func whatLeadsToOneControlIsSaid() throws {
        var all = [
            try Self.assessment("node", ["dialect": "control", "uri": "/redfish/v1/Chassis/1/Controls/P"]),
            try Self.assessment(
                "box",
                [
                    "dialect": "environment-metrics", "uri": "/redfish/v1/Chassis/1/EnvironmentMetrics",
                    "source": "/redfish/v1/chassis/1/Controls/P/",
                ]),
            try Self.assessment("one", ["dialect": "power-control", "uri": "/p", "member": "1"]),
            try Self.assessment("two", ["dialect": "power-control", "uri": "/p", "member": "2"]),
            try Self.assessment("none", nil),
        ]
        Assessment.joinShared(&all)
        #expect(all.map(\.sharedWith) == [["box"], ["node"], [], [], []])
        #expect(all[0].remarks == ["shares its control with box"])
        #expect(all[1].json["shared_with"] == ["node"])
    }
}
