import Curl
import PowerEvents
import Shedding
import Site
import StrictJSON
import Testing

@testable import Redfish

/// What a control shows of itself that is no value: it is refused with a reason, becomes no prior, and is no "no limit".
struct OwnValueTests {
    /// A document of each dialect, with a hole where its own value stands.
    struct Kind: Sendable, CustomTestStringConvertible {
        let dialect: String
        let document: String
        var uri = "/redfish/v1/X/C"
        var good: String
        var bad: [String]
        var testDescription: String { dialect + " " + document }
    }

    private static let anyKind = [
        "NaN", "Infinity", "-Infinity", "nan", "-1", "-0.5", "1e400", "1e12", String(repeating: "9", count: 200),
        "0.\(String(repeating: "0", count: 500))1", "\"\"", "\"N/A\"", "\"NaN\"", "true", "false", "[]", "[500]", "{}",
        "{\"Value\":500}",
    ]
    private static let powers = anyKind + ["4294967296", "\"1e400\""]
    private static let speeds = anyKind + ["1410.5", "70000"]
    private static let words = ["NaN", "5", "null", "true", "[]", "{}", "\"\"", "-Infinity"]

    static let kinds: [Kind] = [
        Kind(
            dialect: "lenovo-control",
            document: #"{"Oem":{"Lenovo":{}},"ControlType":"Power","SetPointUnits":"W","SetPoint":%}"#, good: "500",
            bad: powers),
        Kind(
            dialect: "nvidia-control", document: #"{"ControlType":"Power","SetPointUnits":"W","SetPoint":%}"#,
            uri: "/redfish/v1/Chassis/HGX_Chassis_0/Controls/TotalGPU_Power_0", good: "500", bad: powers + ["null"]),
        Kind(
            dialect: "nvidia-control", document: #"{"ControlType":"Power","SetPointUnits":"W","SetPoint":%}"#,
            uri: "/redfish/v1/Chassis/HGX_ProcessorModule_0/Controls/ProcessorModule_0_CPU_0_Power", good: "500",
            bad: powers),
        Kind(dialect: "control", document: #"{"ControlType":"Power","SetPoint":%}"#, good: "\"500\"", bad: powers),
        Kind(
            dialect: "control", document: #"{"ControlType":"Power","SetPoint":500,"ControlMode":%}"#,
            good: "\"Automatic\"", bad: words.filter { $0 != "null" }),
        Kind(
            dialect: "nvidia-environment-metrics",
            document: #"{"Oem":{"Nvidia":{}},"PowerLimitWatts":{"DefaultSetPoint":700,"SetPoint":%}}"#, good: "500",
            bad: powers),
        Kind(
            dialect: "environment-metrics", document: #"{"PowerLimitWatts":{"SetPoint":%}}"#, good: "null", bad: powers),
        Kind(
            dialect: "environment-metrics", document: #"{"PowerLimitWatts":{"SetPoint":500,"ControlMode":%}}"#,
            good: "\"Disabled\"", bad: words.filter { $0 != "null" }),
        Kind(
            dialect: "dell-attributes",
            document:
                #"{"Attributes":{"ServerPwr.1.PowerCapSetting":"Disabled","ServerPwr.1.PowerCapValue":%}}"#,
            good: "32767", bad: powers),
        Kind(
            dialect: "dell-attributes",
            document: #"{"Attributes":{"ServerPwr.1.PowerCapSetting":%,"ServerPwr.1.PowerCapValue":500}}"#,
            good: "\"Enabled\"", bad: words + ["\"On\""]),
        Kind(dialect: "ami-power-control", document: ami("\"Activate\"", "%"), good: "500", bad: powers),
        Kind(dialect: "ami-power-control", document: ami("%", "500"), good: "\"Deactivate\"", bad: words + ["\"On\""]),
        Kind(
            dialect: "hpe-power-control",
            document: #"{"Oem":{"Hpe":{}},"PowerControl":[{"PowerLimit":{"LimitInWatts":%}}]}"#, good: "null",
            bad: powers),
        Kind(
            dialect: "power-control", document: #"{"PowerControl":[{"PowerLimit":{"LimitInWatts":%}}]}"#, good: "0",
            bad: powers),
        Kind(
            dialect: "hpe-accelerators",
            document:
                ##"{"PowerLimits":[{"PowerLimitInWatts":%,"ZoneNumber":0}],"Actions":{"##
                + ##""#HpeServerAccPowerLimit.ConfigurePowerLimit":{"target":"/x"}}}"##, good: "null", bad: powers),
        Kind(
            dialect: "processor-speed-limit",
            document: #"{"MaxSpeedMHz":1980,"SpeedLocked":true,"SpeedLimitMHz":%}"#, good: "65535", bad: speeds),
        Kind(
            dialect: "processor-speed-limit",
            document: #"{"MaxSpeedMHz":1980,"SpeedLocked":%,"SpeedLimitMHz":990}"#, good: "false",
            bad: ["NaN", "1", "\"true\"", "[]"]),
        Kind(
            dialect: "operating-speed-range",
            document: #"{"MaxSpeedMHz":1980,"OperatingSpeedRangeMHz":{"SettingMax":%}}"#, good: "4294967295",
            bad: speeds),
        Kind(
            dialect: "clock-limit",
            document: #"{"ControlType":"FrequencyMHz","AllowableMax":1980,"SettingMax":%}"#, good: "990", bad: speeds),
        Kind(
            dialect: "system-power-mode",
            document: #"{"PowerMode":%,"PowerMode@Redfish.AllowableValues":["Static","PowerSaving"]}"#,
            good: "\"Static\"", bad: words.filter { $0 != "null" } + ["\"Turbo\""]),
        Kind(
            dialect: "hpe-power-regulator",
            document: #"{"Oem":{"Hpe":{"PowerRegulatorMode":%,"PowerRegulatorModesSupported":["Max","Min"]}}}"#,
            good: "\"Max\"", bad: words.filter { $0 != "null" } + ["\"Turbo\""]),
        Kind(
            dialect: "node-manager-policy",
            document: #"{"NodeManager":{"Status":{"State":%}},"Domain":{"Status":{"State":"Enabled"}}}"#,
            good: "\"Enabled\"", bad: words + ["\"Starting\""]),
    ]

    private static func ami(_ trigger: String, _ watts: String) -> String {
        ##"{"Actions":{"#LimitTrigger":{"target":"/x"}},"Oem":{"Vendor":{"PowerLimitTrigger":\##(trigger)}},"##
            + ##""PowerControl":[{"PowerLimit":{"LimitInWatts":\##(watts)}}]}"##
    }

    private static func document(_ kind: Kind, _ value: String) throws -> JSONValue {
        let text = kind.document.replacing("%", with: value)
        return try JSONValue(parsing: Array(text.utf8), limits: .redfish, dialect: .lenient)
    }

    @Test func everyDialectIsAmongThem() {
        #expect(Set(Self.kinds.map(\.dialect)) == Set(ControlDialects.inOrder.map { $0.name }))
    }

    @Test(arguments: kinds) func whatIsNoValueIsRefusedWithAReason(kind: Kind) throws {
        let dialect = try #require(ControlDialects.named(kind.dialect))
        func place(_ dialect: String) -> Locator { Locator(dialect: dialect, uri: kind.uri) }
        let good = try Self.document(kind, kind.good)
        #expect(ControlDialects.recognising(good, dialect.shape, at: place)?.dialect.name == kind.dialect)
        #expect(ControlDialects.objection(to: good, dialect.shape, at: place) == nil)
        for value in kind.bad {
            let bad = try Self.document(kind, value)
            #expect(dialect.reading(in: bad, at: place(kind.dialect)) == nil, "\(value) is read")
            #expect(dialect.objection(to: bad, at: place(kind.dialect)) != nil, "\(value) is refused without a reason")
            // Nor by another dialect, which may take it for none.
            #expect(ControlDialects.recognising(bad, dialect.shape, at: place) == nil, "\(value) is recognised")
            #expect(ControlDialects.objection(to: bad, dialect.shape, at: place) != nil)
        }
    }

    // MARK: Through the client

    private static let bmcURI = ConversationTests.uri

    private func document(_ value: String) -> FakeBMC.Answer {
        .init(bytes: Array("{\"PowerLimitWatts\":{\"SetPoint\":\(value)}}".utf8))
    }

    @Test(arguments: ["NaN", "-1", "1e400", "true", "\"N/A\""])
    func aLimitThatIsNoNumberIsNoControl(value: String) async throws {
        let bmc = FakeBMC([Self.bmcURI: ["PowerLimitWatts": ["SetPoint": 700]]])
        let client = bmc.client
        _ = try await client.read(ConversationTests.entry).get()
        // Once as the control that is known, once while it is looked for.
        bmc.script(.get, document(value), document(value))
        let result = await client.read(ConversationTests.entry)
        let fault = try #require(throws: BMCFault.self) { try result.get() }
        #expect(fault.kind == .unsupported)
        #expect(fault.message.contains("as its SetPoint, which is no power in watts"), "\(fault.message)")
    }

    /// The next look may show a number again; until then it stays this control, and no other is looked for.
    @Test func aHeldControlThatShowsNoNumberIsLookedAtAgain() async throws {
        let bmc = FakeBMC([Self.bmcURI: ["PowerLimitWatts": ["SetPoint": 700]]])
        let client = bmc.client
        var entry = ConversationTests.entry
        _ = try await client.read(entry).get()
        entry.intent = .limit(Watts(500))
        let asked = bmc.seen.count
        bmc.script(.get, document("NaN"))
        let result = await client.read(entry)
        let fault = try #require(throws: BMCFault.self) { try result.get() }
        #expect(fault.kind == .invalidAnswer)
        #expect(bmc.seen.count == asked + 1)
        #expect(try await client.read(entry).get().value == .limit(Watts(700)))
    }
}
