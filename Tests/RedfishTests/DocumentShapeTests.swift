import Curl
import PowerEvents
import Shedding
import Site
import StrictJSON
import Testing

@testable import Redfish

/// Documents in the shapes in which real BMCs were seen to write them: the control found in each, or why there is none.
struct DocumentShapeTests {
    static func limit(
        _ bmc: FakeBMC, _ type: ResourceType = .node, pins: Resource.Pins = .init(), at uri: String, holds watts: Int?,
        from minimum: Int? = nil, to maximum: Int? = nil, sends: (watts: Int, body: String)? = nil,
        _ location: SourceLocation = #_sourceLocation
    ) async throws {
        let entry = FakeBMC.entry(type, pins: pins)
        let client = bmc.client
        let reading = try await client.read(entry).get()
        #expect(reading.value == .limit(watts.map { Watts($0) }), sourceLocation: location)
        #expect(reading.locator["uri"]?.string == uri, sourceLocation: location)
        #expect(reading.range.minimum?.wholeWatts == minimum, sourceLocation: location)
        #expect(reading.range.maximum?.wholeWatts == maximum, sourceLocation: location)
        guard let (watts, body) = sends else { return }
        try await client.write(.limit(Watts(watts)), entry).get()
        let sent = bmc.seen.last { $0.method == .patch || $0.method == .post }
        #expect(sent?.body?.text == body, sourceLocation: location)
    }

    static func reason(
        _ bmc: FakeBMC, _ type: ResourceType = .node, _ facet: ControlKey.Facet = .powerLimit,
        pins: Resource.Pins = .init()
    ) async -> String? {
        guard case .failure(let fault) = await bmc.client.read(FakeBMC.entry(type, facet, pins: pins)) else {
            return nil
        }
        return fault.kind == .unsupported ? fault.message : "\(fault.kind)"
    }

    // MARK: Power.PowerControl

    private static let powerURI = "/redfish/v1/Chassis/C1/Power"

    static func power(_ control: JSONValue, _ more: [String: JSONValue] = [:], oem: JSONValue? = nil) -> FakeBMC {
        var power = JSONObject()
        power["@odata.id"] = "/redfish/v1/Chassis/C1/Power"
        power["PowerControl"] = [control]
        power["Oem"] = oem
        return ControlSearchTests.node(
            ["Power": FakeBMC.link("/redfish/v1/Chassis/C1/Power")],
            ["/redfish/v1/Chassis/C1/Power": .object(power)].merging(more) { $1 })
    }

    @Test func theStandardRackServer() async throws {
        let bmc = Self.power([
            "MemberId": "0", "PowerCapacityWatts": 800,
            "PowerLimit": ["LimitInWatts": 500, "LimitException": "LogEventOnly", "CorrectionInMs": 50],
            "RelatedItem": [FakeBMC.link("/redfish/v1/Systems/S1"), FakeBMC.link("/redfish/v1/Chassis/C1")],
        ])
        try await Self.limit(
            bmc, at: Self.powerURI, holds: 500, to: 800,
            sends: (400, #"{"PowerControl":[{"PowerLimit":{"LimitInWatts":400}}]}"#))
    }

    /// A weak ETag, null for "off", and an Id without its slash.
    @Test func hpeiLOWithALimit() async throws {
        let bmc = Self.power(
            [
                "@odata.id": "/redfish/v1/Chassis/1/Power#PowerControl/0", "MemberId": "0",
                "PowerCapacityWatts": 12_000, "PowerLimit": ["LimitInWatts": nil],
            ],
            oem: ["Hpe": ["MinimumSafelyAchievableCap": nil, "MinimumSafelyAchievableCapValid": false]])
        try await Self.limit(
            bmc, at: Self.powerURI, holds: nil, to: 12_000,
            sends: (4000, #"{"PowerControl":[{"PowerLimit":{"LimitInWatts":4000}}]}"#))
        let known = Self.power(
            ["MemberId": "0", "PowerCapacityWatts": 12_000, "PowerLimit": ["LimitInWatts": nil]],
            oem: ["Hpe": ["MinimumSafelyAchievableCap": 900, "MinimumSafelyAchievableCapValid": true]])
        try await Self.limit(known, at: Self.powerURI, holds: nil, from: 900, to: 12_000)
    }

    /// HPE without the licence, Supermicro, Intel.
    @Test(
        arguments: [
            ["MemberId": "0", "PowerCapacityWatts": 8800, "PowerConsumedWatts": 565],
            [
                "MemberId": "0", "PowerCapacityWatts": 18_000,
                "RelatedItem": [["@odata.id": "/redfish/v1/Systems/1/Processors/1"]],
            ],
            ["MemberId": "0", "PowerConsumedWatts": 124, "RelatedItem": [["@odata.id": "/redfish/v1/Systems/S1"]]],
        ] as [JSONValue])
    func powerWithoutALimit(control: JSONValue) async throws {
        let reason = try #require(await Self.reason(Self.power(control)))
        #expect(reason.contains("no power limit found"))
        #expect(reason.contains("has no PowerLimit (a licence may be missing)"))
    }

    @Test func supermicrosPoliciesAreRecognisedAndNotWritten() async throws {
        var system = try #require(ControlSearchTests.system.object)
        system["Oem"] = [
            "Supermicro": ["NodeManager": FakeBMC.link("/redfish/v1/Systems/S1/Oem/Supermicro/NodeManager")]
        ]
        let bmc = Self.power(
            ["MemberId": "0", "PowerCapacityWatts": 18_000],
            [
                "/redfish/v1/Systems/S1": .object(system),
                "/redfish/v1/Systems/S1/Oem/Supermicro/NodeManager": ["Policy": [["PowerLimit": 5000]]],
            ])
        #expect(try #require(await Self.reason(bmc)).contains("policies of Supermicro's Node Manager"))
    }

    /// 500 W, HardPowerOff, one second, on a box of 10 kW.
    @Test func amisPlaceholderIsNoLimit() async throws {
        let bmc = Self.power([
            "MemberId": "0", "PhysicalContext": "Intake",
            "PowerLimit": ["CorrectionInMs": 1000, "LimitException": "HardPowerOff", "LimitInWatts": 500],
        ])
        #expect(try #require(await Self.reason(bmc)).contains("placeholder of AMI firmware"))
    }

    /// A limit that is filled while capping is off, and the attributes that say so.
    @Test func dellsAttributesAreTheTruth() async throws {
        var system = try #require(ControlSearchTests.system.object)
        system["Oem"] = ["Dell": ["DellSystem": [:]]]
        system["Links"] = [
            "Chassis": [FakeBMC.link("/redfish/v1/Chassis/C1")],
            "ManagedBy": [FakeBMC.link("/redfish/v1/Managers/iDRAC.Embedded.1")],
        ]
        let uri = "/redfish/v1/Managers/iDRAC.Embedded.1/Oem/Dell/DellAttributes/System.Embedded.1"
        func attributes(_ setting: String, _ value: Int) -> JSONValue {
            [
                "Attributes": [
                    "ServerPwr.1.PowerCapSetting": .string(setting), "ServerPwr.1.ActivePowerCapVal": 1453,
                    "ServerPwr.1.PowerCapValue": .number(JSONNumber(value)), "ServerPwr.1.PowerCapMinThres": 898,
                    "ServerPwr.1.PowerCapMaxThres": 1441,
                ]
            ]
        }
        // A whole number with a fraction, as it comes.
        let capacity = try #require(try JSONValue(parsing: Array("6720.0".utf8)).number)
        let bmc = Self.power(
            [
                "MemberId": "0", "PowerCapacityWatts": .number(capacity),
                "PowerLimit": ["CorrectionInMs": 0, "LimitException": "HardPowerOff", "LimitInWatts": 1453],
            ],
            [
                "/redfish/v1/Systems/S1": .object(system), "/redfish/v1/Managers/iDRAC.Embedded.1": ["Id": "iDRAC"],
                uri: attributes("Disabled", 1453),
            ])
        let client = bmc.client
        let entry = FakeBMC.entry(.node)
        let prior = try await client.read(entry).get()
        #expect(prior.value == .limit(nil))
        #expect(prior.range == PowerRange(minimum: Watts(898), maximum: Watts(1441)))
        try await client.write(.limit(Watts(900)), entry).get()
        #expect(
            bmc.seen(.patch).last?.body?.text
                == #"{"Attributes":{"ServerPwr.1.PowerCapSetting":"Enabled","ServerPwr.1.PowerCapValue":900}}"#)
        // The value from before lies past the maximum; off is what can be put back.
        bmc.set(uri, attributes("Enabled", 900))
        _ = try await client.read(entry).get()
        bmc.script(.patch, .init(status: 400))
        try await client.write(.restore(prior.fragment), entry).get()
        #expect(
            bmc.seen(.patch).suffix(2).map { $0.body?.text } == [
                #"{"Attributes":{"ServerPwr.1.PowerCapSetting":"Disabled","ServerPwr.1.PowerCapValue":1453}}"#,
                #"{"Attributes":{"ServerPwr.1.PowerCapSetting":"Disabled"}}"#,
            ])
    }

    /// An older iDRAC has a resource for the member, spells `MemberID`, and would cut the power.
    @Test func anOldiDRACsMemberIsAResource() async throws {
        let own = "/redfish/v1/Chassis/C1/Power/PowerControl"
        func control(_ exception: String) -> JSONValue {
            [
                "@odata.id": .string(own), "MemberID": "PowerControl", "PowerCapacityWatts": 980,
                "PowerLimit": ["CorrectionInMs": 0, "LimitException": .string(exception), "LimitInWatts": 355],
            ]
        }
        let bmc = Self.power(control("HardPowerOff"))
        let client = bmc.client
        let entry = FakeBMC.entry(.node)
        let prior = try await client.read(entry).get()
        #expect(prior.value == .limit(Watts(355)))
        #expect(prior.fragment == ["LimitInWatts": 355, "LimitException": "HardPowerOff"])
        // Refused, nothing was changed. Taken and not shown, something may have been: the prior is not to be taken anew.
        bmc.script(.patch, .init(status: 400))
        for kind in [BMCFault.Kind.refused, .unknownEffect] {
            let result = await client.write(.limit(Watts(300)), entry)
            let fault = try #require(throws: BMCFault.self) { try result.get() }
            #expect(fault.kind == kind)
            #expect(fault.message.contains("HardPowerOff"))
        }
        #expect(bmc.seen(.patch).map(\.uri) == [own, own])
        bmc.set("/redfish/v1/Chassis/C1/Power", ["PowerControl": [control("NoAction")]])
        _ = try await client.read(entry).get()
        try await client.write(.limit(Watts(300)), entry).get()
        #expect(bmc.seen(.patch).last?.body?.text == #"{"PowerLimit":{"LimitInWatts":300}}"#)
    }

    @Test func hpesAcceleratorsAreSetByAnAction() async throws {
        let service = "/redfish/v1/Chassis/C1/Power/AccPowerService"
        let bmc = Self.power(
            ["MemberId": "0", "PowerCapacityWatts": 8000],
            [
                service: ["PowerLimit": FakeBMC.link(service + "/PowerLimit")],
                service + "/PowerLimit": [
                    "PowerLimits": [["PowerLimitInWatts": nil, "ZoneNumber": 0]],
                    "PowerLimitRanges": [["ZoneNumber": 0, "MinimumPowerLimit": 1500, "MaximumPowerLimit": 6400]],
                    "Actions": [
                        "#HpeServerAccPowerLimit.ConfigurePowerLimit": ["target": .string(service + "/Set")]
                    ],
                ],
            ], oem: ["Hpe": ["Links": ["AccPowerService": FakeBMC.link(service)]]])
        try await Self.limit(
            bmc, at: service + "/PowerLimit", holds: nil, from: 1500, to: 6400,
            sends: (2000, #"{"PowerLimits":[{"PowerLimitInWatts":2000,"ZoneNumber":0}]}"#))
    }

    // MARK: Controls

    private static func controls(_ members: [String: JSONValue], system: JSONValue = ControlSearchTests.system)
        -> FakeBMC
    {
        let base = "/redfish/v1/Chassis/C1/Controls"
        var resources: [String: JSONValue] = [
            base: [
                "@odata.type": "#ControlsCollection.ControlsCollection",
                "Members": .array(members.keys.sorted().map { FakeBMC.link("\(base)/\($0)") }),
            ],
            "/redfish/v1/Systems/S1": system,
            "/redfish/v1/Systems/S1/Processors": FakeBMC.members("/redfish/v1/Systems/S1/Processors/GPU0"),
            "/redfish/v1/Systems/S1/Processors/GPU0": ["Id": "GPU0", "ProcessorType": "GPU"],
        ]
        for (id, json) in members { resources["\(base)/\(id)"] = json }
        return ControlSearchTests.node(["Controls": FakeBMC.link(base)], resources)
    }

    private static func cray(_ id: String, _ context: String, _ range: ClosedRange<Int>) -> JSONValue {
        [
            "Id": .string(id), "ControlMode": "Disabled", "ControlType": "Power", "ControlDelaySeconds": 6,
            "Oem": ["Hpe": ["LimitException": "NoAction", "PowerLimitFactor": "1.000000", "PowerIdleWatts": "0"]],
            "PhysicalContext": .string(context), "SetPoint": 0,
            "SettingRangeMax": .number(JSONNumber(range.upperBound)),
            "SettingRangeMin": .number(JSONNumber(range.lowerBound)), "Status": ["Health": "OK"],
        ]
    }

    /// The GPUs' limits lie in the node's chassis, under older names, all of them off.
    @Test func crayEX() async throws {
        let all = [
            "NodePowerLimit": Self.cray("NodePowerLimit", "Chassis", 764...2754),
            "Accelerator0PowerLimit": Self.cray("Accelerator0PowerLimit", "Accelerator", 100...560),
            "Accelerator1PowerLimit": Self.cray("Accelerator1PowerLimit", "Accelerator", 100...560),
        ]
        let on = #"{"SetPoint":1000,"ControlMode":"Automatic"}"#
        try await Self.limit(
            Self.controls(all), at: "/redfish/v1/Chassis/C1/Controls/NodePowerLimit", holds: nil, from: 764, to: 2754,
            sends: (1000, on))
        try await Self.limit(
            Self.controls(all), .gpu, pins: .init(processor: "GPU0"),
            at: "/redfish/v1/Chassis/C1/Controls/Accelerator0PowerLimit", holds: nil, from: 100, to: 560)
    }

    /// Units spelled out, no floor in the range, `Manual` for "on", null for "off".
    @Test func lenovoXCC() async throws {
        let uri = "/redfish/v1/Chassis/C1/Controls/PowerLimit"
        func document(_ setPoint: JSONValue, _ mode: String) -> JSONValue {
            [
                "Id": "PowerLimit", "@odata.etag": "\"73de\"", "AllowableMin": 0, "AllowableMax": 5760,
                "ControlType": "Power", "PhysicalContext": "Chassis", "SetPointUnits": "Watt", "SetPoint": setPoint,
                "ControlMode": .string(mode), "Oem": ["Lenovo": ["CapacityMinAC": 1132]],
                "RelatedItem": [FakeBMC.link("/redfish/v1/Chassis/C1")],
            ]
        }
        let bmc = Self.controls(["PowerLimit": document(nil, "Disabled")])
        let client = bmc.client
        let entry = FakeBMC.entry(.node)
        let prior = try await client.read(entry).get()
        #expect(prior.value == .limit(nil))
        #expect(prior.range == PowerRange(maximum: Watts(5760)))
        try await client.write(.limit(Watts(1200)), entry).get()
        #expect(bmc.seen(.patch).last?.body?.text == #"{"SetPoint":1200,"ControlMode":"Manual"}"#)
        #expect(bmc.seen(.patch).last?.headers["If-Match"] == "\"73de\"")
        bmc.set(uri, document(1200, "Manual"))
        _ = try await client.read(entry).get()
        try await client.write(.restore(prior.fragment), entry).get()
        #expect(bmc.seen(.patch).last?.body?.text == #"{"SetPoint":null}"#)
    }

    /// Watts in the range, percent in the units: never written.
    @Test func bluefieldIsInPercent() async throws {
        let bmc = Self.controls([
            "PowerLimit_0": [
                "Id": "PowerLimit_0", "AllowableMax": 1000, "AllowableMin": 0, "ControlMode": "Disabled",
                "ControlType": "Power", "SetPoint": 0, "SetPointUnits": "%",
            ]
        ])
        #expect(try #require(await Self.reason(bmc)).contains("set in %, which is not watts"))
    }

    @Test func anEmptyOrNullCollectionIsNoError() async throws {
        #expect(try #require(await Self.reason(Self.controls([:]))).contains("no power limit found"))
        let bmc = Self.controls([:])
        bmc.set("/redfish/v1/Chassis/C1/Controls", ["Members": nil])
        #expect(try #require(await Self.reason(bmc)).contains("no power limit found"))
    }

    /// A control that is no power limit at all, as Foxconn's are, is never taken for being the first.
    @Test func theFirstControlIsNotTheControl() async throws {
        let bmc = Self.controls([
            "A": ["Id": "A", "ControlType": "Percent", "SetPoint": 30, "PhysicalContext": "Chassis"]
        ])
        #expect(await Self.reason(bmc) != nil)
    }

    // MARK: Systems

    @Test func hpesRegulatorIsLeftToTheOperatingSystem() async throws {
        func system(_ mode: String) throws -> JSONValue {
            var system = try #require(ControlSearchTests.system.object)
            system["Oem"] = [
                "Hpe": [
                    "PowerRegulatorMode": .string(mode), "PowerRegulatorModesSupported": ["OSControl", "Max", "Min"],
                ]
            ]
            return .object(system)
        }
        #expect(await Self.reason(Self.controls([:], system: try system("OSControl")), .node, .powerMode) != nil)
        let bmc = Self.controls([:], system: try system("Max"))
        let client = bmc.client
        let entry = FakeBMC.entry(.node, .powerMode)
        let reading = try await client.read(entry).get()
        #expect(reading.value == .mode("Max"))
        #expect(reading.modes == ["Max", "Min"])
        try await client.write(.mode("Min"), entry).get()
        #expect(bmc.seen(.patch).last?.body?.text == #"{"Oem":{"Hpe":{"PowerRegulatorMode":"Min"}}}"#)
    }

    @Test func valuesOfAResetStandInlineOrElsewhere() async throws {
        let inline = try await Self.controls([:]).client.read(FakeBMC.entry(.node, .powerState)).get()
        #expect(inline.resetTypes == ["On", "GracefulShutdown"])
    }
}
