import PowerEvents
import Shedding
import Site
import StrictJSON
import Testing

@testable import Redfish

/// Trouble with one resource of the tree blocks no control that is sound, and leads to no other one.
struct SearchTroubleTests {
    private static let v1 = WholeTrees.v1
    private static let control = "\(v1)/Chassis/1U/Controls/PowerLimit"
    private static let metrics = "\(v1)/Chassis/1U/EnvironmentMetrics"

    /// DMTF's rackmount, with a second system and a second chassis beside it, and a processor.
    private static func bmc() -> TreeBMC {
        let bmc = TreeBMC(WholeTrees.rackmount)
        bmc.set("\(v1)/Systems", TreeBMC.members("\(v1)/Systems/Other", "\(v1)/Systems/437XR1138R2"))
        bmc.set("\(v1)/Systems/Other", ["Id": "Other"])
        bmc.set(
            "\(v1)/Systems/437XR1138R2",
            WholeTrees.system("437XR1138R2", chassis: ["Sled", "1U"]))
        bmc.set("\(v1)/Chassis/Sled", ["Id": "Sled"])
        return bmc
    }

    static let places = ["\(v1)/Systems/Other", "\(v1)/Chassis/Sled", "\(v1)/Chassis/1U/Controls/CPU1Freq"]

    @Test(arguments: places, [200, 400, 401, 403, 404, 405, 410, 429, 500, 501, 502, 503])
    func aSoundControlIsFound(place: String, status: Int) async throws {
        let bmc = Self.bmc()
        bmc.spoil(place, status)
        var entry = FakeBMC.entry(.node)
        let outcome = await TreeBMC.converge(&entry, .demands([.cap(Watts(300))]), through: bmc.client)
        #expect(outcome.code == .applied, "\(outcome)")
        #expect(bmc.writes.map(\.uri) == [Self.control])
    }

    /// The lesser shapes hold the limit too where the better ones do not answer.
    @Test(arguments: [200, 401, 403, 404, 405, 500, 501, 503])
    func whatIsBrokenIsPassedByForTheNextShape(status: Int) async throws {
        let bmc = Self.bmc()
        bmc.spoil("\(Self.v1)/Chassis/1U/Controls", status)
        bmc.spoil(Self.metrics, status)
        var entry = FakeBMC.entry(.node)
        let outcome = await TreeBMC.converge(&entry, .demands([.cap(Watts(300))]), through: bmc.client)
        #expect(outcome.code == .applied, "\(outcome)")
        #expect(bmc.writes.map(\.uri) == ["\(Self.v1)/Chassis/1U/Power"])
    }

    /// Busy for a moment: what is preferred is waited for, instead of taking the next.
    @Test(arguments: [429, 503]) func whatIsBusyIsWaitedFor(status: Int) async throws {
        for place in ["\(Self.v1)/Chassis/1U/Controls", Self.control] {
            let bmc = Self.bmc()
            bmc.spoil(place, status, times: 2)
            let client = bmc.client
            for _ in 0..<2 {
                let result = await client.read(FakeBMC.entry(.node))
                #expect(try #require(throws: BMCFault.self) { try result.get() }.kind == .busy)
            }
            #expect(try await client.read(FakeBMC.entry(.node)).get().locator["uri"]?.string == Self.control)
        }
    }

    /// Nothing else was found: what cannot be read now is not missing.
    @Test(arguments: [(503, BMCFault.Kind.busy), (500, .invalidAnswer), (404, .unsupported), (403, .unsupported)])
    func theTroubleSaysOfWhatKindItIs(status: Int, kind: BMCFault.Kind) async throws {
        let bmc = TreeBMC(WholeTrees.hpe)
        bmc.spoil("\(Self.v1)/Chassis/1/Power", status)
        let client = bmc.client
        for _ in 0..<4 {
            let result = await client.read(FakeBMC.entry(.node))
            #expect(try #require(throws: BMCFault.self) { try result.get() }.kind == kind)
        }
    }

    /// A login that is refused everywhere is no trouble of one resource.
    @Test func aRefusedLoginIsOne() async throws {
        let bmc = Self.bmc()
        bmc.spoil("\(Self.v1)/Systems", 401)
        let result = await bmc.client.read(FakeBMC.entry(.node))
        #expect(try #require(throws: BMCFault.self) { try result.get() }.kind == .unauthorized)
    }

    /// What a Dell's Power shows is not in force while its attributes say so, and nobody knows when they do not answer.
    @Test(arguments: [403, 500, 503]) func dellsAttributesAreNotPassedBy(status: Int) async throws {
        let bmc = TreeBMC(WholeTrees.dell)
        bmc.spoil(WholeTrees.dellAttributes, status)
        var entry = FakeBMC.entry(.node)
        let outcome = await TreeBMC.converge(&entry, .demands([.cap(Watts(900))]), through: bmc.client)
        #expect(outcome.code == .failed)
        #expect(bmc.writes.isEmpty)
    }

    @Test func theBaseboardIsNotTheNodeWhileTheHostIsBroken() async throws {
        let bmc = TreeBMC(WholeTrees.gb200)
        bmc.spoil("\(Self.v1)/Systems/System_0", 500)
        let result = await bmc.client.read(FakeBMC.entry(.node, .powerState))
        #expect(throws: BMCFault.self) { try result.get() }
    }

    // MARK: Sources of excerpts

    /// A Control and what is an excerpt of it are one control.
    @Test func anExcerptIsItsControl() async throws {
        let bmc = TreeBMC(WholeTrees.rackmount)
        let direct = try await bmc.client.read(FakeBMC.entry(.node)).get()
        let pinned = try await bmc.client.read(FakeBMC.entry(.node, pins: .init(powerLimit: Self.metrics))).get()
        #expect(pinned.locator["uri"]?.string == Self.metrics)
        #expect(pinned.locator["source"]?.string == Self.control)
        func identity(_ reading: Reading) -> ControlIdentity? {
            ControlIdentity(bmc: FakeBMC.bmc.address, facet: .powerLimit, locator: reading.locator)
        }
        #expect(identity(direct) == identity(pinned))
        #expect(Locator(json: pinned.locator)?.json == pinned.locator)
    }

    @Test(
        arguments: [
            (["ControlType": "Power", "SetPoint": 5, "SetPointUnits": "%"], "set in %"),
            (["ControlType": "Power", "SetPoint": 5, "SetPointUnits": "kW"], "set in kW"),
            (["ControlType": "FrequencyMHz", "SetPoint": 5], "a control of FrequencyMHz"), (nil, "cannot be read"),
        ] as [(JSONValue?, String)])
    func anExcerptOfSomethingElseIsRefused(source: JSONValue?, reason: String) async throws {
        let bmc = TreeBMC(WholeTrees.rackmount)
        bmc.set(Self.control, source)
        bmc.set("\(Self.v1)/Chassis/1U/Power", nil)
        let result = await bmc.client.read(FakeBMC.entry(.node))
        let fault = try #require(throws: BMCFault.self) { try result.get() }
        #expect(fault.message.contains(reason), "\(fault)")
    }

    @Test(
        arguments: [
            ["AllowableMax": 900], ["AllowableMax": 900, "ControlMode": "Automatic"],
            ["SetPoint": 500, "SetPointUnits": "%"], ["SetPoint": 500, "ReadingUnits": "kW"],
            ["SetPoint": 500, "ControlType": "Percent"],
        ] as [JSONValue])
    func whatCouldNotBePutBackIsNotWritten(limit: JSONValue) async throws {
        let bmc = TreeBMC(WholeTrees.rackmount)
        bmc.set("\(Self.v1)/Chassis/1U/Controls", ["Members": []])
        bmc.set("\(Self.v1)/Chassis/1U/Power", nil)
        bmc.set(Self.metrics, ["PowerLimitWatts": limit])
        var entry = FakeBMC.entry(.node)
        let outcome = await TreeBMC.converge(&entry, .demands([.cap(Watts(300))]), through: bmc.client)
        #expect(outcome.code == .failed)
        #expect(bmc.writes.isEmpty)
    }
}
