import PowerEvents
import Shedding
import Site
import StrictJSON
import Testing

@testable import Redfish

/// The one control that limits all GPUs of a node, and nodes that have no limit of their own.
struct GPUTotalTests {
    private static let v1 = WholeTrees.v1

    private static func gpuTotal(_ bmc: TreeBMC, pins: Resource.Pins = Resource.Pins()) async -> Result<
        Reading, BMCFault
    > {
        await bmc.client.read(FakeBMC.entry(.node, .gpuTotal, pins: pins))
    }

    @Test(arguments: [NodelessTrees.gb300, NodelessTrees.dgxH100, NodelessTrees.gh200])
    func theTotalOfAllGPUsIsCappedAndRestored(tree: WholeTrees.Documents) async throws {
        let bmc = TreeBMC(tree)
        let before = bmc.documents
        let client = bmc.client
        var entry = FakeBMC.entry(.node, .gpuTotal)
        let capped = await TreeBMC.converge(&entry, .demands([.cap(Watts(1700))]), through: client)
        #expect(capped.code == .applied, "\(capped)")
        #expect(bmc.value(NodelessTrees.total, "SetPoint") == 1700)
        #expect(bmc.documents.filter { before[$0.key] != $0.value }.map(\.key) == [NodelessTrees.total])
        #expect(await TreeBMC.converge(&entry, .prior, through: client).code == .applied)
        #expect(bmc.documents == before)
    }

    /// So that the core falls back to the GPUs.
    @Test(arguments: [NodelessTrees.gb300, NodelessTrees.dgxH100, NodelessTrees.gh200])
    func aNodeWithoutALimitOfItsOwnSaysSo(tree: WholeTrees.Documents) async throws {
        let bmc = TreeBMC(tree)
        let fault = try await #require(throws: BMCFault.self) {
            try await bmc.client.read(FakeBMC.entry(.node)).get()
        }
        #expect(fault.kind == .unsupported, "\(fault)")
        #expect(FailureReason.bmc(fault.kind, fault.message, retries: 0).isUnsupported)
        #expect(bmc.writes.isEmpty)
    }

    /// Its chassis may be the baseboard's too: what limits the GPUs there is not the node's.
    @Test func theGPUsExcerptInTheNodesChassisIsNotTheNodes() async throws {
        let bmc = TreeBMC(NodelessTrees.gb300)
        bmc.set(
            "\(Self.v1)/Systems/System_0",
            WholeTrees.system("System_0", chassis: ["HGX_Chassis_0", "HGX_ProcessorModule_0"]))
        let fault = try await #require(throws: BMCFault.self) { try await bmc.client.read(FakeBMC.entry(.node)).get() }
        #expect(fault.kind == .unsupported)
        #expect(fault.message.contains("limits the node's GPUs, not the node"))
    }

    @Test func aModuleOfCPUAndGPUsIsNoTotal() async throws {
        let bmc = TreeBMC(NodelessTrees.gb300)
        let controls = "\(Self.v1)/Chassis/HGX_Chassis_0/Controls"
        bmc.set(controls, ["Members": []])
        bmc.set("\(Self.v1)/Chassis/HGX_Chassis_0", WholeTrees.chassis("HGX_Chassis_0", ["Controls"]))
        let fault = try await #require(throws: BMCFault.self) { try await Self.gpuTotal(bmc).get() }
        #expect(fault.kind == .unsupported, "\(fault)")
    }

    @Test func aControlOfSomeOfTheGPUsIsNoTotal() async throws {
        let bmc = TreeBMC(NodelessTrees.gb300)
        bmc.set(NodelessTrees.total, NodelessTrees.totalControl(of: Array(NodelessTrees.gb300GPUs.prefix(3))))
        let fault = try await #require(throws: BMCFault.self) { try await Self.gpuTotal(bmc).get() }
        #expect(fault.message.contains("limits 3 of the node's 4 GPUs"))
        bmc.set(
            NodelessTrees.total,
            NodelessTrees.totalControl(of: NodelessTrees.gb300GPUs + ["\(NodelessTrees.processors)/CPU_0"]))
        let other = try await #require(throws: BMCFault.self) { try await Self.gpuTotal(bmc).get() }
        #expect(other.message.contains("limits other things than GPUs too"))
    }

    /// A GPU that fell off the bus is still named.
    @Test func aMissingGPUIsNoReasonAgainstTheTotal() async throws {
        let bmc = TreeBMC(NodelessTrees.gb300)
        bmc.set(NodelessTrees.processors, ["Members": .array(NodelessTrees.gb300GPUs.prefix(3).map(TreeBMC.link))])
        #expect(try await Self.gpuTotal(bmc).get().locator["uri"]?.string == NodelessTrees.total)
    }

    @Test func withoutRelatedItemsTheNameHasToSayIt() async throws {
        let bmc = TreeBMC(NodelessTrees.gb300)
        bmc.set(NodelessTrees.total, NodelessTrees.totalControl(of: []))
        #expect(try await Self.gpuTotal(bmc).get().range.maximum == Watts(5600))
        let renamed = "\(Self.v1)/Chassis/HGX_Chassis_0/Controls/Power_0"
        bmc.set("\(Self.v1)/Chassis/HGX_Chassis_0/Controls", TreeBMC.members(renamed))
        bmc.set(renamed, NodelessTrees.totalControl(of: [], id: "Power_0"))
        await #expect(throws: BMCFault.self) { try await Self.gpuTotal(bmc).get() }
    }

    /// DGX H100 firmware that shows the total in the baseboard's metrics alone.
    @Test func theBaseboardsMetricsAreTheTotalWhereItHasNoControls() async throws {
        let bmc = TreeBMC(NodelessTrees.dgxH100)
        bmc.set(
            "\(Self.v1)/Chassis/HGX_Chassis_0", WholeTrees.chassis("HGX_Chassis_0", ["EnvironmentMetrics"]))
        #expect(
            try await Self.gpuTotal(bmc).get().locator["uri"]?.string
                == "\(Self.v1)/Chassis/HGX_Chassis_0/EnvironmentMetrics")
    }

    @Test func ofTwoNodesNeitherHasTheGPUsBesideThem() async throws {
        let bmc = TreeBMC(NodelessTrees.gb300)
        bmc.set("\(Self.v1)/Systems/System_1", WholeTrees.system("System_1", chassis: ["Chassis_1"]))
        bmc.set(
            "\(Self.v1)/Systems",
            TreeBMC.members(
                "\(Self.v1)/Systems/System_0", "\(Self.v1)/Systems/System_1", "\(Self.v1)/Systems/HGX_Baseboard_0"))
        let fault = try await #require(throws: BMCFault.self) {
            try await Self.gpuTotal(bmc, pins: .init(system: "System_0")).get()
        }
        #expect(fault.kind == .unsupported)
    }

    /// One control under two names is held once.
    @Test func theTotalAndTheBaseboardsOwnLimitAreOneControl() async throws {
        let client = TreeBMC(NodelessTrees.dgxH100).client
        let node = try await client.read(FakeBMC.entry(.node, .gpuTotal)).get()
        let chassis = try await client.read(FakeBMC.entry(.chassis, pins: .init(chassis: "HGX_Chassis_0"))).get()
        let bmc = FakeBMC.bmc.address
        #expect(
            ControlIdentity(bmc: bmc, facet: .gpuTotal, locator: node.locator)
                == ControlIdentity(bmc: bmc, facet: .powerLimit, locator: chassis.locator))
    }
}
