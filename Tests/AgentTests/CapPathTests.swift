import Curl
import PowerEvents
import Redfish
import Shedding
import Site
import StrictJSON
import Testing

@testable import Agent

/// How each node's cap would be met, as probes and the inventory tell it.
struct CapPathTests {
    /// A BMC that is its documents, and takes no write.
    private struct Tree: HTTPTransport {
        var documents: [String: JSONValue]

        func send(_ request: HTTPRequest) async throws -> HTTPResponse {
            let uri = String(request.url.dropFirst("https://10.0.0.1".count))
            if request.method == .post, uri.hasSuffix("/Sessions") {
                return HTTPResponse(
                    status: 201, headers: [("X-Auth-Token", "t"), ("Location", "/redfish/v1/S/1")], body: [],
                    elapsed: .zero)
            }
            let json = request.method == .get ? documents[uri] : nil
            return HTTPResponse(
                status: json == nil ? 404 : 200, headers: [], body: json?.bytes ?? [], elapsed: .zero)
        }
    }

    private static func link(_ uri: String) -> JSONValue { ["@odata.id": .string("/redfish/v1" + uri)] }
    private static func members(_ uris: String...) -> JSONValue { ["Members": .array(uris.map(link))] }

    /// A tray of two GPUs that draws 700 W, 300 W of it in each GPU.
    private static var tray: [String: JSONValue] {
        let gpus = ["/Systems/Board/Processors/GPU_0", "/Systems/Board/Processors/GPU_1"]
        var all: [String: JSONValue] = [
            "/": [
                "Links": ["Sessions": link("/SessionService/Sessions")], "Systems": link("/Systems"),
                "Chassis": link("/Chassis"),
            ],
            "/Systems": members("/Systems/Host", "/Systems/Board"),
            "/Systems/Host": [
                "Id": "Host", "PowerState": "On", "Model": "Tray", "Links": ["Chassis": [link("/Chassis/Tray")]],
                "Actions": [
                    "#ComputerSystem.Reset": [
                        "target": "/redfish/v1/Systems/Host/Reset",
                        "ResetType@Redfish.AllowableValues": ["GracefulShutdown", "On"],
                    ]
                ],
            ],
            "/Systems/Board": ["Id": "Board", "Processors": link("/Systems/Board/Processors")],
            "/Systems/Board/Processors": ["Members": .array(gpus.map(link))],
            "/Chassis": members("/Chassis/Tray", "/Chassis/HGX_Chassis_0"),
            "/Chassis/Tray": ["Id": "Tray", "EnvironmentMetrics": link("/Chassis/Tray/EnvironmentMetrics")],
            "/Chassis/Tray/EnvironmentMetrics": ["PowerWatts": ["Reading": 700]],
            "/Chassis/HGX_Chassis_0": ["Id": "HGX_Chassis_0", "Controls": link("/Chassis/HGX_Chassis_0/Controls")],
            "/Chassis/HGX_Chassis_0/Controls": members("/Chassis/HGX_Chassis_0/Controls/TotalGPU_Power_0"),
            "/Chassis/HGX_Chassis_0/Controls/TotalGPU_Power_0": [
                "Id": "TotalGPU_Power_0", "ControlType": "Power", "SetPoint": 1800, "SetPointUnits": "W",
                "AllowableMin": 400, "AllowableMax": 1800, "PhysicalContext": "GPUSubsystem",
                "RelatedItem": .array(gpus.map(link)),
            ],
        ]
        for gpu in gpus {
            all[gpu] = [
                "Id": .string(String(gpu.suffix(5))), "ProcessorType": "GPU",
                "EnvironmentMetrics": link(gpu + "/EnvironmentMetrics"),
            ]
            all[gpu + "/EnvironmentMetrics"] = [
                "PowerLimitWatts": ["SetPoint": 900, "AllowableMin": 200, "AllowableMax": 900],
                "PowerWatts": ["Reading": 300],
            ]
        }
        return Dictionary(uniqueKeysWithValues: all.map { ("/redfish/v1" + $0.key, $0.value) })
    }

    private static func node(pins: Resource.Pins = .init()) throws -> Resource {
        Resource(id: "tray", type: .node, bmc: try bmc(), pins: pins)
    }

    private static func bmc() throws -> BMC {
        BMC(address: try #require(BMC.Address("https://10.0.0.1")), credentials: "c", trust: .authorities(file: "ca"))
    }

    private static func gpus() throws -> [Resource] {
        try (0..<2).map {
            Resource(id: "g\($0)", type: .gpu, bmc: try bmc(), parent: "tray", pins: .init(processor: "GPU_\($0)"))
        }
    }

    private static func client(_ documents: [String: JSONValue]) throws -> BMCClient {
        BMCClient(
            bmc: try bmc(), credentials: CredentialReference(username: "u", secret: .value("p")),
            transport: Tree(documents: documents))
    }

    @Test func aTrayIsCappedThroughTheTotalOfItsGPUs() async throws {
        let assessor = Assessor(policy: Policy())
        let client = try Self.client(Self.tray)
        let first = await assessor.assess(try Self.node(), gpus: try Self.gpus(), through: client)
        let total = "/redfish/v1/Chassis/HGX_Chassis_0/Controls/TotalGPU_Power_0"
        #expect(first.capPath == .gpuTotal(uri: total))
        #expect(first.isEnforceable, "\(first.objections)")
        #expect(first.draw == Watts(700))
        #expect(first.rest == Watts(100))
        #expect(first.gpuDraws == ["g0": Watts(300), "g1": Watts(300)])
        #expect(first.gpuTotalRange?.maximum == Watts(1800))
        // What its GPUs can be limited to, and what it draws beside them.
        #expect(first.minimum == Watts(500))
        #expect(first.maximum == Watts(1900))
        #expect(first.json["cap_path"]?["kind"] == "gpu_total")
        let again = await assessor.refresh(first, try Self.node(), gpus: try Self.gpus(), through: client)
        #expect(again.capPath == first.capPath)
        #expect(again.draw == Watts(700))
        #expect(again.remarks == first.remarks)
    }

    @Test func withoutATotalItIsABudgetOverItsGPUs() async throws {
        var documents = Self.tray
        documents["/redfish/v1/Chassis/HGX_Chassis_0"] = ["Id": "HGX_Chassis_0"]
        let assessor = Assessor(policy: Policy())
        let client = try Self.client(documents)
        let all = await assessor.assess(try Self.node(), gpus: try Self.gpus(), through: client)
        #expect(all.capPath == .gpus(2, of: 2))
        #expect(all.capPath?.description == "a budget over its 2 GPUs")
        #expect(all.isEnforceable)
        #expect(all.maximum == Watts(1900))
        let again = await assessor.refresh(all, try Self.node(), gpus: try Self.gpus(), through: client)
        #expect(again.capPath == .gpus(2, of: 2))
        documents["/redfish/v1/Systems/Board/Processors/GPU_1/EnvironmentMetrics"] = ["PowerWatts": ["Reading": 300]]
        let some = await assessor.assess(try Self.node(), gpus: try Self.gpus(), through: try Self.client(documents))
        #expect(some.capPath == .gpus(1, of: 2))
        #expect(some.remarks.contains { $0.contains("g1") })
    }

    @Test func aNodeThatNothingCapsSaysWhy() async throws {
        var documents = Self.tray
        documents["/redfish/v1/Chassis/HGX_Chassis_0"] = ["Id": "HGX_Chassis_0"]
        let none = await Assessor(policy: Policy()).assess(try Self.node(), through: try Self.client(documents))
        #expect(!none.isEnforceable)
        #expect(none.capPath?.name == "none")
        #expect(none.capPath?.description.contains("the inventory gives it no GPUs") == true)
    }

    @Test func aNodeWithAControlOfItsOwnHasThat() async throws {
        var documents = Self.tray
        documents["/redfish/v1/Chassis/Tray/EnvironmentMetrics"] = [
            "PowerLimitWatts": ["SetPoint": 2000, "AllowableMin": 500, "AllowableMax": 2000]
        ]
        let own = await Assessor(policy: Policy()).assess(
            try Self.node(), gpus: try Self.gpus(), through: try Self.client(documents))
        #expect(own.capPath == .own(uri: "/redfish/v1/Chassis/Tray/EnvironmentMetrics"))
        #expect(own.limit == Watts(2000))
        // A machine that shows no power is enforceable all the same.
        #expect(own.draw == nil)
        #expect(own.notMeasured != nil)
        #expect(own.isEnforceable)
    }

    @Test func aGPUsDrawIsOfItsNodesTurn() throws {
        let gpus = try Self.gpus()
        var readiness = Readiness(Site(resources: [try Self.node()] + gpus, credentials: [:]))
        #expect(readiness.gpus["tray"]?.map(\.id) == ["g0", "g1"])
        readiness.take(Assessment(gpus[0]))
        var node = Assessment(try Self.node())
        node.gpuDraws = ["g0": Watts(300)]
        readiness.take(node)
        #expect(readiness.assessments["g0"]?.draw == Watts(300))
    }

    @Test func theInventoryAloneTellsWhatItCan() throws {
        let site = Site(
            resources: [try Self.node()] + (try Self.gpus()) + [
                Resource(id: "dell", type: .node, bmc: try Self.bmc()),
                Resource(id: "pinned", type: .node, bmc: try Self.bmc(), pins: .init(powerLimit: "/redfish/v1/X")),
                Resource(id: "login", type: .node, bmc: try Self.bmc(), isProtected: true),
            ], credentials: [:])
        let lines = CapOutlook.lines(site)
        #expect(lines.count == 3)
        #expect(lines[0] == "power caps of 1 node: its own control; where it has none, a budget over its 2 GPUs")
        #expect(lines[2].hasSuffix("the control that the inventory pins"))
    }
}
