import Curl
import PowerEvents
import Shedding
import Site
import StrictJSON
import Testing

@testable import Redfish

/// Controls of HPE Cray EX, which are changed by one PATCH.
struct WriteTogetherTests {
    static let chassis = "/redfish/v1/Chassis/Node0"
    static let deep = "\(chassis)/Controls.Deep"
    static let node = entry("node", .node)
    static let gpu = entry("gpu", .gpu)

    static func entry(_ resource: String, _ type: ResourceType) -> ControlEntry {
        var entry = ControlEntry(
            key: ControlKey(resource: resource, facet: .powerLimit), type: type, bmc: FakeBMC.bmc, pins: .init())
        entry.locator = Locator(dialect: StandardControl.name, uri: uri(resource)).json
        return entry
    }

    static func uri(_ resource: String) -> String { "\(chassis)/Controls/\(resource)PowerLimit" }

    /// In the shape of an EX235a; without what is HPE's own, a control like any other.
    static func control(_ mode: String = "Disabled", _ watts: Int = 0, isCrays: Bool = true) -> JSONValue {
        [
            "ControlType": "Power", "ControlMode": .string(mode), "SetPoint": .number(JSONNumber(watts)),
            "SettingRangeMin": 100, "SettingRangeMax": 2754,
            "Oem": isCrays ? ["Hpe": ["LimitException": "NoAction", "PowerLimitFactor": "1.000000"]] : [:],
        ]
    }

    static func bmc(isCrays: Bool = true) -> FakeBMC {
        FakeBMC([
            uri("node"): control(isCrays: isCrays), uri("gpu"): control("Automatic", 500, isCrays: isCrays),
        ])
    }

    static func capBoth(_ client: BMCClient) async throws -> [Result<Void, BMCFault>] {
        _ = try await client.read(node).get()
        _ = try await client.read(gpu).get()
        return await client.writeTogether([
            .init(write: .limit(Watts(900)), entry: node), .init(write: .limit(Watts(300)), entry: gpu),
        ])
    }

    static func writes(_ bmc: FakeBMC) -> [String] { bmc.seen(.patch).map(\.uri) }

    @Test func oneRequestForAll() async throws {
        let bmc = Self.bmc()
        for result in try await Self.capBoth(bmc.client) { try result.get() }
        #expect(Self.writes(bmc) == [Self.deep])
        #expect(
            bmc.seen(.patch).first?.body == [
                "Members": [
                    ["@odata.id": .string(Self.uri("node")), "SetPoint": 900, "ControlMode": "Automatic"],
                    ["@odata.id": .string(Self.uri("gpu")), "SetPoint": 300],
                ]
            ])
    }

    @Test func theGroupIsOnlyWhereItIsKnown() async throws {
        #expect(try await Self.bmc().client.read(Self.node).get().group == Self.deep)
        #expect(try await Self.bmc(isCrays: false).client.read(Self.node).get().group == nil)
        let other = Self.bmc(isCrays: false)
        for result in try await Self.capBoth(other.client) { try result.get() }
        #expect(Self.writes(other) == [Self.uri("node"), Self.uri("gpu")])
    }

    /// The firmware has no such resource, or one of the changes is refused.
    @Test(arguments: [400, 404, 405, 501])
    func oneByOneWhereItIsRefused(status: Int) async throws {
        let bmc = Self.bmc()
        let client = bmc.client
        bmc.script(.patch, .init(status: status))
        for result in try await Self.capBoth(client) { try result.get() }
        #expect(Self.writes(bmc) == [Self.deep, Self.uri("node"), Self.uri("gpu")])
        // It is not tried again.
        #expect(try await client.read(Self.node).get().group == nil)
    }

    /// Some of it may have been done before the BMC said no.
    @Test func aRefusalOfAllSaysNothingOfOne() async throws {
        let bmc = Self.bmc()
        bmc.script(.patch, .init(status: 400), .init(status: 400), .init(status: 400))
        let results = try await Self.capBoth(bmc.client)
        #expect(throws: BMCFault(.unknownEffect, "the BMC refused the write to \(Self.uri("node")) (HTTP 400)")) {
            try results[0].get()
        }
        try results[1].get()
    }

    @Test func silenceIsSilenceForEach() async throws {
        let bmc = Self.bmc()
        bmc.script(.patch, .init(error: .timeout))
        let kinds = try await Self.capBoth(bmc.client).map { result -> BMCFault.Kind? in
            if case .failure(let fault) = result { fault.kind } else { nil }
        }
        #expect(kinds == [.unknownEffect, .unknownEffect])
        #expect(Self.writes(bmc) == [Self.deep])
    }
}
