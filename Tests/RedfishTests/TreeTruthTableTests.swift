import PowerEvents
import Shedding
import Site
import StrictJSON
import Testing

@testable import Redfish

/// The truth table of whole trees: which control is found, what is written, and that a restore brings every document
/// back as it was.
struct TreeTruthTableTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        let tree: WholeTrees.Documents
        var type = ResourceType.node
        var pins = Resource.Pins()
        let watts: Int
        /// Where the value has to be found then.
        let uri: String
        let path: [String]
        let becomes: JSONValue
        var testDescription: String { name }
    }

    static let v1 = WholeTrees.v1
    private static let limit = ["PowerControl", "0", "PowerLimit", "LimitInWatts"]
    private static let capValue = ["Attributes", "ServerPwr.1.PowerCapValue"]

    static let rows: [Row] = [
        Row(
            name: "HPE, node", tree: WholeTrees.hpe, watts: 900, uri: "\(v1)/Chassis/1/Power", path: limit, becomes: 900
        ),
        Row(
            name: "HPE, chassis", tree: WholeTrees.hpe, type: .chassis, pins: .init(chassis: "1"), watts: 900,
            uri: "\(v1)/Chassis/1/Power", path: limit, becomes: 900),
        Row(
            name: "Dell, node", tree: WholeTrees.dell, watts: 1300, uri: WholeTrees.dellAttributes, path: capValue,
            becomes: 1300),
        Row(
            name: "Dell, chassis", tree: WholeTrees.dell, type: .chassis, pins: .init(chassis: "System.Embedded.1"),
            watts: 850, uri: WholeTrees.dellAttributes, path: capValue, becomes: 898),
        Row(
            name: "DMTF, node", tree: WholeTrees.rackmount, watts: 300, uri: "\(v1)/Chassis/1U/Controls/PowerLimit",
            path: ["SetPoint"], becomes: 300),
        Row(
            name: "DMTF, chassis", tree: WholeTrees.rackmount, type: .chassis, pins: .init(chassis: "1U"), watts: 300,
            uri: "\(v1)/Chassis/1U/Controls/PowerLimit", path: ["SetPoint"], becomes: 300),
        Row(
            name: "Cray, node", tree: WholeTrees.cray, watts: 1500, uri: "\(v1)/Chassis/Node0/Controls/NodePowerLimit",
            path: ["SetPoint"], becomes: 1500),
        Row(
            name: "S3260, node 1", tree: WholeTrees.s3260, pins: .init(system: "Server1"), watts: 700,
            uri: "\(v1)/Chassis/CMC/Power", path: ["PowerControl", "2", "PowerLimit", "LimitInWatts"], becomes: 700),
        Row(
            name: "S3260, node 2", tree: WholeTrees.s3260, pins: .init(system: "Server2"), watts: 700,
            uri: "\(v1)/Chassis/CMC/Power", path: ["PowerControl", "1", "PowerLimit", "LimitInWatts"], becomes: 700),
        Row(
            name: "S3260, enclosure", tree: WholeTrees.s3260, type: .chassis, pins: .init(chassis: "CMC"), watts: 2000,
            uri: "\(v1)/Chassis/CMC/Power", path: limit, becomes: 2000),
        Row(
            name: "GB200, GPU", tree: WholeTrees.gb200, type: .gpu, pins: .init(processor: "GPU_0"), watts: 600,
            uri: WholeTrees.gpu + "/EnvironmentMetrics", path: ["PowerLimitWatts", "SetPoint"], becomes: 600),
        Row(
            name: "GB200, all GPUs", tree: WholeTrees.gb200, type: .chassis, pins: .init(chassis: "HGX_Chassis_0"),
            watts: 3000, uri: "\(v1)/Chassis/HGX_Chassis_0/Controls/TotalGPU_Power_0", path: ["SetPoint"], becomes: 3000
        ),
    ]

    @Test(arguments: rows) func capsAndRestores(row: Row) async throws {
        let bmc = TreeBMC(row.tree)
        let before = bmc.documents
        let client = bmc.client
        var entry = FakeBMC.entry(row.type, pins: row.pins)
        let capped = await TreeBMC.converge(&entry, .demands([.cap(Watts(row.watts))]), through: client)
        #expect(capped.code == .applied, "\(capped)")
        var value = bmc.documents[row.uri]
        for key in row.path { value = Int(key).flatMap { value?.array?[$0] } ?? value?[key] }
        #expect(value == row.becomes)
        // Nothing else was touched.
        #expect(bmc.documents.filter { before[$0.key] != $0.value }.map(\.key) == [row.uri])
        let restored = await TreeBMC.converge(&entry, .prior, through: client)
        #expect(restored.code == .applied, "\(restored)")
        #expect(bmc.documents == before)
    }

    @Test(arguments: 0..<8) func aDieGoesToTheAcceleratorOfItsPackage(number: Int) async throws {
        let reading = try await TreeBMC(WholeTrees.cray).client
            .read(FakeBMC.entry(.gpu, pins: .init(processor: "GPU\(number)"))).get()
        let accelerator = number / 2
        #expect(
            reading.locator["uri"]?.string == "\(Self.v1)/Chassis/Node0/Controls/Accelerator\(accelerator)PowerLimit")
    }

    /// Some of the dies and accelerators are missing: the others do not move up.
    @Test func aDieWhoseAcceleratorHasNoLimitHasNone() async throws {
        let bmc = TreeBMC(WholeTrees.cray)
        let (processors, controls) = ("\(Self.v1)/Systems/Node0/Processors", "\(Self.v1)/Chassis/Node0/Controls")
        bmc.set(processors, TreeBMC.members("\(processors)/GPU0", "\(processors)/GPU6", "\(processors)/GPU1"))
        bmc.set(
            controls, TreeBMC.members("\(controls)/Accelerator0PowerLimit", "\(controls)/Accelerator1PowerLimit"))
        for (name, control) in [("GPU0", "Accelerator0"), ("GPU1", "Accelerator0"), ("GPU6", nil)] {
            let result = await bmc.client.read(FakeBMC.entry(.gpu, pins: .init(processor: name)))
            #expect((try? result.get())?.locator["uri"]?.string == control.map { "\(controls)/\($0)PowerLimit" })
        }
    }

    /// No write at all: neither the percent, nor the watts that are an excerpt of it.
    @Test func bluefieldIsNotWritten() async throws {
        for tree in [true, false] {
            let bmc = TreeBMC(WholeTrees.bluefield)
            if tree {
                // As captured: no set point, so nothing that could be put back.
                bmc.set(
                    "\(Self.v1)/Chassis/Card1/EnvironmentMetrics",
                    ["Oem": ["Nvidia": [:]], "PowerLimitWatts": ["AllowableMin": 0, "AllowableMax": 1000]])
            }
            var entry = FakeBMC.entry(.chassis, pins: .init(chassis: "Card1"))
            let outcome = await TreeBMC.converge(&entry, .demands([.capToShare(.percent(60))]), through: bmc.client)
            #expect(outcome.code == .failed)
            #expect(outcome.message?.contains("set in %, which is not watts") == true, "\(outcome)")
            #expect(bmc.writes.isEmpty)
        }
    }

    @Test func aNodeAndItsChassisAreOneControl() async throws {
        for (tree, chassis) in [
            (WholeTrees.hpe, "1"), (WholeTrees.dell, "System.Embedded.1"), (WholeTrees.rackmount, "1U"),
            (WholeTrees.cray, "Node0"),
        ] {
            let client = TreeBMC(tree).client
            let node = try await client.read(FakeBMC.entry(.node)).get()
            let around = try await client.read(FakeBMC.entry(.chassis, pins: .init(chassis: chassis))).get()
            #expect(node.locator["uri"] == around.locator["uri"])
            #expect(node.locator["member"] == around.locator["member"])
            #expect(node.identity == around.identity)
        }
    }

    @Test func aDiskEnclosureOfADellIsNotItsServer() async throws {
        let result = await TreeBMC(WholeTrees.dell).client
            .read(FakeBMC.entry(.chassis, pins: .init(chassis: "Enclosure.Internal.0-1")))
        #expect(throws: BMCFault.self) { try result.get() }
    }

    @Test func aNodeOfTwoIsNotCappedByTheEnclosure() async throws {
        let bmc = TreeBMC(WholeTrees.s3260)
        bmc.set(
            "\(Self.v1)/Chassis/CMC/Power",
            ["PowerControl": [["MemberId": "1", "Name": "Power Control", "PowerLimit": ["LimitInWatts": 3000]]]])
        let result = await bmc.client.read(FakeBMC.entry(.node, pins: .init(system: "Server1")))
        let fault = try #require(throws: BMCFault.self) { try result.get() }
        #expect(fault.message.contains("holds other nodes too"))
    }

    @Test func discoverFindsThemWithoutPins() async throws {
        let cray = try await TreeBMC(WholeTrees.cray).client.survey().get()
        #expect(cray.nodes.map(\.control?.path) == ["/redfish/v1/chassis/node0/controls/nodepowerlimit"])
        #expect(cray.chassis.isEmpty)
        #expect(Set(cray.gpus.map(\.control)).count == 4)
        #expect(!cray.gpus.contains { $0.control == nil })
        let two = try await TreeBMC(WholeTrees.s3260).client.survey().get()
        #expect(Set(two.nodes.map(\.control)).count == 2)
        #expect(two.chassis.map(\.id) == ["CMC"])
        let card = try await TreeBMC(WholeTrees.bluefield).client.survey().get()
        #expect(card.nodes.map(\.control) == [nil])
        #expect(card.chassis.isEmpty)
        let tray = try await TreeBMC(WholeTrees.gb200).client.survey().get()
        #expect(tray.nodes.map(\.system) == ["System_0"])
        #expect(tray.gpus.map(\.processor) == ["GPU_0"])
        #expect(tray.chassis.map(\.id) == ["HGX_Chassis_0"])
    }

    /// 60 % of what the supplies could give is far more than it draws.
    @Test func whatAMachineDrawsIsTold() async throws {
        let client = TreeBMC(WholeTrees.hpe).client
        let entry = FakeBMC.entry(.node)
        #expect(try await client.read(entry).get().range.maximum == Watts(12_000))
        #expect(try await client.describe(entry).get().drawn == Watts(971))
    }

    // MARK: A host that is off

    @Test func aGPUOfAHostThatIsOffIsSkipped() async throws {
        let off = WholeTrees.system("System_0", chassis: ["Chassis_0"], [("PowerState", "Off")])
        let changes: [(String, JSONValue?, Int?)] = [
            (WholeTrees.gpu + "/EnvironmentMetrics", ["Id": "Environment Metrics"], nil),
            (WholeTrees.gpu + "/EnvironmentMetrics", nil, nil), (WholeTrees.gpu + "/EnvironmentMetrics", nil, 500),
            ("\(Self.v1)/Systems/HGX_Baseboard_0/Processors", ["Members": []], nil),
        ]
        for (uri, json, status) in changes {
            let bmc = TreeBMC(WholeTrees.gb200)
            bmc.set("\(Self.v1)/Systems/System_0", off)
            if let status { bmc.spoil(uri, status) } else { bmc.set(uri, json) }
            var entry = FakeBMC.entry(.gpu, pins: .init(processor: "GPU_0"))
            let outcome = await TreeBMC.converge(&entry, .demands([.cap(Watts(600))]), through: bmc.client)
            #expect(outcome.code == .skipped, "\(uri): \(outcome)")
            #expect(outcome.message?.contains("node is off") == true)
        }
    }
}
