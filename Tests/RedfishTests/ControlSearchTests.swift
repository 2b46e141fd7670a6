import Curl
import PowerEvents
import Shedding
import Site
import StrictJSON
import Testing

@testable import Redfish

struct ControlSearchTests {
    static let system: JSONValue = [
        "Id": "S1", "UUID": "uuid-1", "PowerState": "On",
        "Links": ["Chassis": .array([FakeBMC.link("/redfish/v1/Chassis/C1")])],
        "Processors": FakeBMC.link("/redfish/v1/Systems/S1/Processors"),
        "Actions": [
            "#ComputerSystem.Reset": [
                "target": "/redfish/v1/Systems/S1/Actions/ComputerSystem.Reset",
                "ResetType@Redfish.AllowableValues": .array(["On", "GracefulShutdown"]),
            ]
        ],
    ]

    static func node(_ chassis: JSONValue, _ more: [String: JSONValue] = [:]) -> FakeBMC {
        FakeBMC(
            [
                "/redfish/v1/Systems": FakeBMC.members("/redfish/v1/Systems/S1"), "/redfish/v1/Systems/S1": system,
                "/redfish/v1/Chassis": FakeBMC.members("/redfish/v1/Chassis/C1", "/redfish/v1/Chassis/BMC_0"),
                "/redfish/v1/Chassis/C1": chassis,
            ].merging(more) { $1 })
    }

    static func control(_ more: JSONValue) -> JSONValue {
        var object = JSONObject()
        for (key, value) in [
            ("Id", "PowerLimit"), ("ControlType", "Power"), ("SetPointUnits", "W"), ("SetPoint", 500),
            ("ControlMode", "Automatic"), ("AllowableMin", 200), ("AllowableMax", 900),
        ] as [(String, JSONValue)] { object[key] = value }
        for member in more.object ?? JSONObject() { object[member.key] = member.value }
        return .object(object)
    }

    private func read(_ bmc: FakeBMC, _ entry: ControlEntry) async -> Result<Reading, BMCFault> {
        await bmc.client.read(entry)
    }

    @Test func aNodesControlComesBeforeMetricsAndPower() async throws {
        let bmc = Self.node(
            [
                "Controls": FakeBMC.link("/redfish/v1/Chassis/C1/Controls"),
                "EnvironmentMetrics": FakeBMC.link("/redfish/v1/Chassis/C1/EnvironmentMetrics"),
            ],
            [
                "/redfish/v1/Chassis/C1/Controls": FakeBMC.members(
                    "/redfish/v1/Chassis/C1/Controls/Fan", "/redfish/v1/Chassis/C1/Controls/Percent",
                    "/redfish/v1/Chassis/C1/Controls/PowerLimit"),
                "/redfish/v1/Chassis/C1/Controls/Fan": ["ControlType": "FanSpeed", "SetPoint": 50],
                "/redfish/v1/Chassis/C1/Controls/Percent": Self.control(["Id": "P", "SetPointUnits": "%"]),
                "/redfish/v1/Chassis/C1/Controls/PowerLimit": Self.control(["PhysicalContext": "Chassis"]),
                "/redfish/v1/Chassis/C1/EnvironmentMetrics": ["PowerLimitWatts": ["SetPoint": 700]],
            ])
        let reading = try await read(bmc, FakeBMC.entry(.node)).get()
        #expect(reading.value == .limit(Watts(500)))
        #expect(reading.range == PowerRange(minimum: Watts(200), maximum: Watts(900)))
        #expect(reading.identity == MachineIdentity(uuid: "uuid-1", serial: nil))
        #expect(reading.fragment == ["SetPoint": 500, "ControlMode": "Automatic"])
    }

    @Test func metricsWithoutALimitAreNoControl() async throws {
        let bmc = Self.node(
            [
                "EnvironmentMetrics": FakeBMC.link("/redfish/v1/Chassis/C1/EnvironmentMetrics"),
                "Power": FakeBMC.link("/redfish/v1/Chassis/C1/Power"),
            ],
            [
                "/redfish/v1/Chassis/C1/EnvironmentMetrics": ["PowerWatts": ["Reading": 5]],
                "/redfish/v1/Chassis/C1/Power": [
                    "PowerControl": .array([
                        ["MemberId": "cpu"],
                        [
                            "MemberId": "all", "PowerLimit": ["LimitInWatts": nil], "PowerCapacityWatts": 1600,
                            "RelatedItem": .array([FakeBMC.link("/redfish/v1/Systems/S1/")]),
                        ],
                    ])
                ],
            ])
        let client = bmc.client
        let entry = FakeBMC.entry(.node)
        let reading = try await client.read(entry).get()
        #expect(reading.value == .limit(nil))
        #expect(reading.locator["member"] == "all")
        #expect(reading.fragment == ["LimitInWatts": nil])
        try await client.write(.limit(Watts(800)), entry).get()
        #expect(bmc.seen(.patch).last?.body?.text == #"{"PowerControl":[{},{"PowerLimit":{"LimitInWatts":800}}]}"#)
        try await client.write(.restore(reading.fragment), entry).get()
        #expect(bmc.seen(.patch).last?.body?.text == #"{"PowerControl":[{},{"PowerLimit":{"LimitInWatts":null}}]}"#)
    }

    @Test func aGPUIsFoundByItsProcessorsNameNotByPosition() async throws {
        let bmc = Self.node(
            [:],
            [
                "/redfish/v1/Systems/S1/Processors": FakeBMC.members(
                    "/redfish/v1/Systems/S1/Processors/CPU_0", "/redfish/v1/Systems/S1/Processors/GPU_SXM_2"),
                "/redfish/v1/Systems/S1/Processors/GPU_SXM_2": [
                    "EnvironmentMetrics": FakeBMC.link("/redfish/v1/Systems/S1/Processors/GPU_SXM_2/EnvironmentMetrics")
                ],
                "/redfish/v1/Systems/S1/Processors/GPU_SXM_2/EnvironmentMetrics": [
                    "PowerLimitWatts": [
                        "SetPoint": 700, "ControlMode": "Automatic", "AllowableMin": 200, "AllowableMax": 700,
                    ]
                ],
            ])
        let entry = FakeBMC.entry(.gpu, pins: .init(processor: "GPU_SXM_2"))
        let client = bmc.client
        #expect(try await client.read(entry).get().value == .limit(Watts(700)))
        try await client.write(.limit(Watts(450)), entry).get()
        // NVIDIA refuses any other member beside the set point.
        #expect(bmc.seen(.patch).last?.body?.text == #"{"PowerLimitWatts":{"SetPoint":450}}"#)
        let other = FakeBMC.entry(.gpu, pins: .init(processor: "GPU_SXM_9"))
        let result = await read(bmc, other)
        #expect(throws: BMCFault.self) { try result.get() }
    }

    @Test func aGPUCanHaveItsLimitInTheNodesChassis() async throws {
        let bmc = Self.node(
            ["Controls": FakeBMC.link("/redfish/v1/Chassis/C1/Controls")],
            [
                "/redfish/v1/Systems/S1/Processors": FakeBMC.members("/redfish/v1/Systems/S1/Processors/GPU0"),
                "/redfish/v1/Systems/S1/Processors/GPU0": ["Id": "GPU0"],
                "/redfish/v1/Chassis/C1/Controls": FakeBMC.members(
                    "/redfish/v1/Chassis/C1/Controls/Total", "/redfish/v1/Chassis/C1/Controls/Acc0"),
                "/redfish/v1/Chassis/C1/Controls/Total": Self.control([
                    "Id": "Total",
                    "RelatedItem": .array([
                        FakeBMC.link("/redfish/v1/Systems/S1/Processors/GPU0"),
                        FakeBMC.link("/redfish/v1/Systems/S1/Processors/GPU1"),
                    ]),
                ]),
                "/redfish/v1/Chassis/C1/Controls/Acc0": Self.control([
                    "Id": "Acc0", "SetPoint": 300,
                    "RelatedItem": .array([FakeBMC.link("/redfish/v1/Systems/S1/Processors/GPU0")]),
                ]),
            ])
        let reading = try await read(bmc, FakeBMC.entry(.gpu, pins: .init(processor: "GPU0"))).get()
        #expect(reading.value == .limit(Watts(300)))
    }

    @Test func aPinIsReadWithoutASearch() async throws {
        let bmc = FakeBMC([
            "/redfish/v1/Chassis/X/Power": ["PowerControl": .array([["PowerLimit": ["LimitInWatts": 900]]])]
        ])
        let entry = FakeBMC.entry(.node, pins: .init(powerLimit: "/redfish/v1/Chassis/X/Power"))
        #expect(try await read(bmc, entry).get().value == .limit(Watts(900)))
        #expect(!bmc.seen.contains { $0.uri == "/redfish/v1/Systems" })
    }

    @Test func aDisabledControlIsEnabledAndDisabledAgain() async throws {
        let off = Self.control(["SetPoint": 0, "ControlMode": "Disabled", "PhysicalContext": "Chassis"])
        let bmc = Self.node(
            ["Controls": FakeBMC.link("/redfish/v1/Chassis/C1/Controls")],
            [
                "/redfish/v1/Chassis/C1/Controls": FakeBMC.members("/redfish/v1/Chassis/C1/Controls/PowerLimit"),
                "/redfish/v1/Chassis/C1/Controls/PowerLimit": off,
            ])
        let client = bmc.client
        let entry = FakeBMC.entry(.node)
        let prior = try await client.read(entry).get()
        #expect(prior.value == .limit(nil))
        try await client.write(.limit(Watts(800)), entry).get()
        #expect(bmc.seen(.patch).last?.body?.text == #"{"SetPoint":800,"ControlMode":"Automatic"}"#)
        bmc.set(
            "/redfish/v1/Chassis/C1/Controls/PowerLimit",
            Self.control(["SetPoint": 800, "PhysicalContext": "Chassis"]))
        _ = try await client.read(entry).get()
        try await client.write(.restore(prior.fragment), entry).get()
        #expect(bmc.seen(.patch).last?.body?.text == #"{"SetPoint":0,"ControlMode":"Disabled"}"#)
    }

    @Test func aSystemIsChosenByWhatItCanDo() async throws {
        let bmc = Self.node(
            [:],
            [
                "/redfish/v1/Systems": FakeBMC.members("/redfish/v1/Systems/HGX", "/redfish/v1/Systems/S1"),
                "/redfish/v1/Systems/HGX": ["Id": "HGX"],
            ])
        let reading = try await read(bmc, FakeBMC.entry(.node, .powerState)).get()
        #expect(reading.value == .power(.on))
        #expect(reading.resetTypes == ["On", "GracefulShutdown"])
    }

    @Test func loopsAndNullCollectionsEnd() async throws {
        let bmc = FakeBMC([
            "/redfish/v1/Systems": ["Members": nil, "Members@odata.nextLink": "/redfish/v1/Systems"]
        ])
        let result = await read(bmc, FakeBMC.entry(.node))
        #expect(throws: BMCFault.self) { try result.get() }
    }

    @Test func aControlThatWentWithThePowerIsNotAnError() async throws {
        var off = try #require(Self.system.object)
        off["PowerState"] = "Off"
        let bmc = Self.node([:], ["/redfish/v1/Systems/S1": .object(off)])
        let result = await read(bmc, FakeBMC.entry(.node))
        let fault = try #require(throws: BMCFault.self) { try result.get() }
        #expect(fault.kind == .machineOff)
    }

    @Test(
        arguments: [
            ("700", 700), ("\"700\"", 700), ("700.0", 700), ("null", nil), ("4294967295", nil), ("-1", nil),
            ("true", nil),
        ] as [(String, Int?)])
    func numbersComeInManySpellings(text: String, watts: Int?) throws {
        #expect(RedfishNumber.watts(try JSONValue(parsing: Array(text.utf8)))?.wholeWatts == watts)
    }
}
