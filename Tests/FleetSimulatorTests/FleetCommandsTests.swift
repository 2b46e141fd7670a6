import PowerEvents
import Site
import StrictJSON
import Testing

@testable import FleetSimulator

struct FleetCommandsTests {
    private func fleet() throws -> SimulatedFleet {
        func bmc(_ number: Int) throws -> BMC {
            BMC(
                address: try #require(BMC.Address("https://127.0.0.\(number):1")), credentials: "c", trust: .unverified)
        }
        let tray = try bmc(1)
        var resources = [
            Resource(id: "rack-1", type: .chassis, feeds: ["main-a"]),
            Resource(id: "rack-2", type: .chassis, feeds: ["main-a", "main-b"]),
            Resource(id: "tray", type: .node, bmc: tray, parent: "rack-1", feeds: ["main-a"]),
            Resource(id: "cpu", type: .node, bmc: try bmc(2), parent: "rack-2", feeds: ["main-a", "main-b"]),
        ]
        resources += (0..<4).map {
            Resource(
                id: "gpu\($0)", type: .gpu, bmc: tray, parent: "tray", feeds: ["main-a"],
                pins: .init(processor: "GPU_\($0)"))
        }
        let login = CredentialReference(username: "u", secret: .value("p"))
        return try SimulatedFleet(
            site: Site(
                resources: resources, groups: [Group(id: "all-gpus", members: ["tray"])], credentials: ["c": login]),
            each: ["tray": .nvidiaDGXH100])
    }

    private func ask(
        _ fleet: SimulatedFleet, _ method: String, _ uri: String, _ body: JSONValue? = nil
    ) -> (Int, JSONValue) {
        FleetCommands(fleet).answer(method, uri, body?.bytes ?? [])
    }

    /// A machine on two feeds counts half for each, and once in all.
    @Test func powerIsToldByFeedRackAndNode() throws {
        let fleet = try fleet()
        let power = ask(fleet, "GET", "/power").1
        func watts(_ path: String...) -> Double { power[path[0], path[1]]?.number?.double ?? 0 }
        let (tray, cpu) = (watts("nodes", "tray"), watts("nodes", "cpu"))
        #expect(tray > 4000 && cpu > 400)
        #expect(power["total_watts"]?.number?.double.isNear(tray + cpu) == true)
        #expect(watts("racks", "rack-1").isNear(tray) && watts("racks", "rack-2").isNear(cpu))
        #expect(watts("feeds", "main-a").isNear(tray + cpu / 2) && watts("feeds", "main-b").isNear(cpu / 2))
        #expect(fleet.watts(of: "gpu0")?.isNear(544, within: 0.05) == true)
        #expect(fleet.watts(of: "rack-1")?.isNear(tray) == true)
    }

    /// What a power agent reads: feeds and machines, and what would be drawn without limits.
    @Test func metersOfFeedsAreReadAndCanGoStale() throws {
        let fleet = try fleet()
        let reading = ask(fleet, "GET", "/meters").1
        let watts = try #require(reading["feeds", "main-b"]?.number?.double)
        #expect(watts > 0 && reading["demand", "main-b"]?.number?.double.isNear(watts, within: 0.05) == true)
        #expect(reading["gpus", "gpu0"]?.number != nil && reading["nodes", "tray"]?.number != nil)
        #expect(ask(fleet, "PATCH", "/meters", ["faults": ["meter-stale"]]).0 == 200)
        let frozen = ask(fleet, "GET", "/meters").1
        #expect(ask(fleet, "PATCH", "/machines", ["tray": ["lag_seconds": 0, "workload": 0]]).0 == 200)
        #expect(ask(fleet, "GET", "/meters").1 == frozen)
        #expect(ask(fleet, "PATCH", "/meters", ["faults": []]).0 == 200)
        #expect(ask(fleet, "GET", "/meters").1["gpus", "gpu0"] == 70)
        #expect(ask(fleet, "PATCH", "/meters", ["faults": ["meter-gone"]]).0 == 200)
        #expect(ask(fleet, "GET", "/meters").0 == 503)
        #expect(ask(fleet, "PATCH", "/meters", ["faults": ["meter-odd"]]).0 == 400)
    }

    /// A scheduler admits a share of the work, and what nobody schedules comes on top.
    @Test func workIsAdmittedAndComesUnasked() throws {
        let fleet = try fleet()
        let changes: JSONValue = try JSONValue(
            parsing: Array(#"{"lag_seconds": 0, "workload": 1, "admitted": 0.5, "unscheduled": 0.25}"#.utf8))
        #expect(ask(fleet, "PATCH", "/machines", ["rack-1": changes]).0 == 200)
        #expect(fleet.watts(of: "gpu0")?.isNear(70 + 630 * 0.75, within: 0.05) == true)
        #expect(ask(fleet, "PATCH", "/machines/tray", ["admitted": 2]).0 == 400)
        #expect(ask(fleet, "PATCH", "/machines", ["tray": 1]).0 == 400)
        #expect(ask(fleet, "PATCH", "/machines", ["nobody": ["admitted": 1]]).0 == 404)
    }

    @Test func whatMachinesHaveToDoIsChangedWhileTheyRun() throws {
        let fleet = try fleet()
        #expect(ask(fleet, "PATCH", "/machines/rack-1", ["workload": 0, "lag_seconds": 0]).0 == 200)
        #expect(fleet.watts(of: "gpu0") == 70)
        let before = try #require(fleet.watts(of: "tray"))
        #expect(ask(fleet, "PATCH", "/machines/gpu0", ["add_rest_watts": 300]).0 == 200)
        #expect((try #require(fleet.watts(of: "tray")) - before).isNear(300))
        #expect(ask(fleet, "PATCH", "/machines/all", ["faults": ["meter-stale"]]).0 == 200)
        #expect(fleet.bmcs.allSatisfy { $0.faults == [Fault(.meterStale)] })
        #expect(ask(fleet, "GET", "/machines/main-b").1.array?.count == 1)
        #expect(ask(fleet, "GET", "/machines/all-gpus").1.array?.first?["personality"] == "nvidia-dgx-h100")
        #expect(ask(fleet, "POST", "/machines/tray/policies", ["Id": "theirs", "Limit": 5000]).0 == 200)
        #expect(fleet.bmc(of: "tray")?.machine.nodeManager?.policies.map(\.id) == ["theirs"])
    }

    private static let mistakes: [(String, String, JSONValue?, Int, String)] = [
        ("PATCH", "/machines/tray", ["workload": 2], 400, "workload"),
        ("PATCH", "/machines/tray", ["wokload": 1], 400, "wokload"),
        ("PATCH", "/machines/tray", ["faults": ["explode"]], 400, "explode"),
        ("PATCH", "/machines/nobody", ["workload": 1], 404, "nobody"), ("PATCH", "/machines/tray", nil, 400, "JSON"),
        ("POST", "/machines/cpu/policies", ["Id": "a", "Limit": 500], 400, "Node Manager"),
        ("POST", "/machines/tray/policies", ["Id": "a"], 400, "Limit"), ("GET", "/else", nil, 404, "/power"),
    ]

    @Test(arguments: mistakes)
    func mistakesAreNamed(method: String, uri: String, body: JSONValue?, status: Int, mentioned: String) throws {
        let answer = ask(try fleet(), method, uri, body)
        #expect(answer.0 == status)
        #expect(answer.1["error"]?.string?.contains(mentioned) == true)
    }
}
