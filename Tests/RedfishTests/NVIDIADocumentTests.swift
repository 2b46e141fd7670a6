import Curl
import PowerEvents
import Shedding
import Site
import StrictJSON
import Testing

@testable import Redfish

/// An NVIDIA baseboard beside its host, in the shapes of real ones.
struct NVIDIADocumentTests {
    private static let gpu = "/redfish/v1/Systems/HGX_Baseboard_0/Processors/GPU_SXM_1"

    /// Two systems, of which only one can be reset, and the baseboard's own chassis.
    private static func hgx(_ more: [String: JSONValue]) -> FakeBMC {
        let total = "/redfish/v1/Chassis/HGX_Chassis_0/Controls/TotalGPU_Power_0"
        return FakeBMC(
            [
                "/redfish/v1/Systems": FakeBMC.members(
                    "/redfish/v1/Systems/HGX_Baseboard_0", "/redfish/v1/Systems/DGX"),
                "/redfish/v1/Systems/HGX_Baseboard_0": [
                    "Id": "HGX_Baseboard_0", "PowerMode": "OEM", "PowerMode@Redfish.AllowableValues": [],
                    "PowerState": "On", "UUID": "c01d",
                    "Processors": FakeBMC.link("/redfish/v1/Systems/HGX_Baseboard_0/Processors"),
                    "Links": ["Chassis": [FakeBMC.link("/redfish/v1/Chassis/HGX_Chassis_0")]],
                ],
                "/redfish/v1/Systems/HGX_Baseboard_0/Processors": FakeBMC.members(gpu),
                gpu: [
                    "Id": "GPU_SXM_1", "ProcessorType": "GPU", "MaxSpeedMHz": 1980, "MinSpeedMHz": 345,
                    "SpeedLimitMHz": 65_535, "SpeedLocked": true,
                    "EnvironmentMetrics": FakeBMC.link(gpu + "/EnvironmentMetrics"),
                    "Location": ["PartLocation": ["ServiceLabel": "SXM1"]],
                    "Links": ["Chassis": FakeBMC.link("/redfish/v1/Chassis/HGX_GPU_SXM_1")],
                    "Actions": ["#Processor.Reset": ["ResetType@Redfish.AllowableValues": ["ForceRestart"]]],
                ],
                gpu + "/EnvironmentMetrics": [
                    "Oem": ["Nvidia": ["EDPpPercent": ["SetPoint": 100]]],
                    "PowerLimitWatts": [
                        "AllowableMax": 700, "AllowableMin": 200, "ControlMode": "Automatic", "DefaultSetPoint": 700,
                        "SetPoint": 700,
                    ],
                ],
                "/redfish/v1/Systems/DGX": [
                    "Id": "DGX", "PowerState": "On", "Bios": [:],
                    "Links": ["Chassis": [FakeBMC.link("/redfish/v1/Chassis/DGX")]],
                    "Actions": [
                        "#ComputerSystem.Reset": [
                            "@Redfish.ActionInfo": "/redfish/v1/Systems/DGX/ResetActionInfo",
                            "target": "/redfish/v1/Systems/DGX/Actions/ComputerSystem.Reset",
                        ]
                    ],
                ],
                "/redfish/v1/Systems/DGX/ResetActionInfo": [
                    "Parameters": [
                        [
                            "AllowableValues": ["ForceOff", "ForceRestart", "GracefulShutdown", "On"],
                            "DataType": "String", "Name": "ResetType", "Required": true,
                        ]
                    ]
                ],
                "/redfish/v1/Chassis": FakeBMC.members(
                    "/redfish/v1/Chassis/DGX", "/redfish/v1/Chassis/HGX_Chassis_0", "/redfish/v1/Chassis/HGX_GPU_SXM_1"),
                "/redfish/v1/Chassis/DGX": [
                    "Id": "DGX", "Actions": ["#Chassis.Reset": ["ResetType@Redfish.AllowableValues": ["PowerCycle"]]],
                ],
                "/redfish/v1/Chassis/HGX_GPU_SXM_1": ["Id": "HGX_GPU_SXM_1"],
                "/redfish/v1/Chassis/HGX_Chassis_0": [
                    "Id": "HGX_Chassis_0", "Controls": FakeBMC.link("/redfish/v1/Chassis/HGX_Chassis_0/Controls"),
                    "EnvironmentMetrics": FakeBMC.link("/redfish/v1/Chassis/HGX_Chassis_0/EnvironmentMetrics"),
                ],
                "/redfish/v1/Chassis/HGX_Chassis_0/Controls": FakeBMC.members(total),
                "/redfish/v1/Chassis/HGX_Chassis_0/EnvironmentMetrics": [
                    "PowerLimitWatts": [
                        "AllowableMax": 5600, "AllowableMin": 1600, "ControlMode": "Automatic", "SetPoint": 5600,
                        "DataSourceUri": "/redfish/v1/Chassis/HGX_Chassis_0/Sensors/TotalGPU_Power_0",
                    ]
                ],
                total: [
                    "AllowableMax": 5600, "AllowableMin": 1600, "ControlMode": "Override", "ControlType": "Power",
                    "Id": "TotalGPU_Power_0", "PhysicalContext": "GPUSubsystem",
                    "RelatedItem": [FakeBMC.link(gpu), FakeBMC.link(gpu + "2")], "SetPoint": 5600, "SetPointUnits": "W",
                ],
            ].merging(more) { $1 })
    }

    @Test(arguments: ["GPU_SXM_1", "SXM1"]) func aGPUOfABaseboard(name: String) async throws {
        try await DocumentShapeTests.limit(
            Self.hgx([:]), .gpu, pins: .init(processor: name),
            at: Self.gpu + "/EnvironmentMetrics", holds: 700, from: 200, to: 700,
            sends: (450, #"{"PowerLimitWatts":{"SetPoint":450}}"#))
    }

    @Test func metricsOfAGPUThatIsNotUp() async throws {
        let bmc = Self.hgx([Self.gpu + "/EnvironmentMetrics": ["Id": "Environment Metrics"]])
        let reason = try #require(await DocumentShapeTests.reason(bmc, .gpu, pins: .init(processor: "GPU_SXM_1")))
        #expect(reason.contains("offers no power limit now"))
        #expect(reason.contains("shows no PowerLimitWatts now"))
    }

    /// One named Control rather than the metrics, whose PATCH would write every control of the chassis.
    @Test func allGPUsTogetherByOneControl() async throws {
        try await DocumentShapeTests.limit(
            Self.hgx([:]), .chassis, pins: .init(chassis: "HGX_Chassis_0"),
            at: "/redfish/v1/Chassis/HGX_Chassis_0/Controls/TotalGPU_Power_0", holds: 5600, from: 1600, to: 5600,
            sends: (3000, #"{"SetPoint":3000}"#))
    }

    @Test func theHostIsTheSystemThatCanBeReset() async throws {
        let reading = try await Self.hgx([:]).client.read(FakeBMC.entry(.node, .powerState)).get()
        #expect(reading.locator["uri"] == "/redfish/v1/Systems/DGX")
        #expect(reading.resetTypes == ["ForceOff", "ForceRestart", "GracefulShutdown", "On"])
        // A power mode of OEM, with nothing to choose from, is none.
        #expect(
            await DocumentShapeTests.reason(Self.hgx([:]), .node, .powerMode, pins: .init(system: "HGX_Baseboard_0"))
                != nil)
    }

    @Test func aModulesVolatileControlBeforeItsLasting() async throws {
        let base = "/redfish/v1/Chassis/HGX_ProcessorModule_0/Controls"
        let names = ["EDPpPowerNonvolatile_0", "EDPpPowerVolatile_0", "TDPPowerNonvolatile_0", "TDPPowerVolatile_0"]
        var more: [String: JSONValue] = [
            "/redfish/v1/Chassis": FakeBMC.members("/redfish/v1/Chassis/HGX_ProcessorModule_0"),
            "/redfish/v1/Chassis/HGX_ProcessorModule_0": ["Controls": FakeBMC.link(base)],
            base: ["Members": .array(names.map { FakeBMC.link("\(base)/\($0)") })],
        ]
        for name in names {
            more["\(base)/\(name)"] = ControlSearchTests.control([
                "Id": .string(name), "PhysicalContext": "SystemBoard",
            ])
        }
        try await DocumentShapeTests.limit(
            Self.hgx(more), .chassis, pins: .init(chassis: "HGX_ProcessorModule_0"),
            at: base + "/TDPPowerVolatile_0", holds: 500, from: 200, to: 900)
    }

    /// Its limit is a sentinel, and locked: neither is a prior that could be written back.
    @Test func aGPUsSpeedIsLockedAndUnlocked() async throws {
        let bmc = Self.hgx([:])
        let client = bmc.client
        let entry = FakeBMC.entry(.gpu, .speedLimit, pins: .init(processor: "GPU_SXM_1"))
        let reading = try await client.read(entry).get()
        #expect(reading.value == .speed(nil))
        #expect(reading.speeds == SpeedRange(minimum: Megahertz(345), maximum: Megahertz(1980)))
        try await client.write(.speed(Megahertz(990)), entry).get()
        #expect(bmc.seen(.patch).last?.body?.text == #"{"SpeedLimitMHz":990,"SpeedLocked":true}"#)
        try await client.write(.restore(reading.fragment), entry).get()
        #expect(bmc.seen(.patch).last?.body?.text == #"{"SpeedLimitMHz":1980,"SpeedLocked":false}"#)
    }

    @Test func aClockLimitThatWasNotSetIsReset() async throws {
        let base = "/redfish/v1/Chassis/HGX_GPU_SXM_1/Controls"
        let bmc = Self.hgx([
            Self.gpu: [
                "Id": "GPU_SXM_1", "Links": ["Chassis": FakeBMC.link("/redfish/v1/Chassis/HGX_GPU_SXM_1")],
            ],
            "/redfish/v1/Chassis/HGX_GPU_SXM_1": ["Controls": FakeBMC.link(base)],
            base: FakeBMC.members(base + "/ClockLimit_0"),
            base + "/ClockLimit_0": [
                "ControlType": "FrequencyMHz", "SettingMax": 4_294_967_295, "SettingMin": 4_294_967_295,
                "AllowableMax": 1980, "AllowableMin": 345,
                "Actions": ["#Control.ResetToDefaults": ["target": .string(base + "/ClockLimit_0/Actions/Reset")]],
            ],
        ])
        let client = bmc.client
        let entry = FakeBMC.entry(.gpu, .speedLimit, pins: .init(processor: "GPU_SXM_1"))
        let reading = try await client.read(entry).get()
        #expect(reading.value == .speed(nil))
        try await client.write(.speed(Megahertz(990)), entry).get()
        #expect(bmc.seen(.patch).last?.body?.text == #"{"SettingMax":990}"#)
        try await client.write(.restore(reading.fragment), entry).get()
        #expect(bmc.seen(.post).last?.uri == base + "/ClockLimit_0/Actions/Reset")
    }
}
