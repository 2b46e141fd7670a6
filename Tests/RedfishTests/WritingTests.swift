import Curl
import PowerEvents
import Shedding
import Site
import StrictJSON
import Testing

@testable import Redfish

/// What is written under which conditions, and what becomes of refusals on the way.
struct WritingTests {
    static let uri = "/redfish/v1/Chassis/X/EnvironmentMetrics"
    static let entry = FakeBMC.entry(.node, pins: .init(powerLimit: uri))

    private static func metrics(_ watts: JSONValue, etag: String) -> JSONValue {
        ["@odata.etag": .string(etag), "PowerLimitWatts": ["SetPoint": watts]]
    }

    private static func fault(_ result: Result<some Any, BMCFault>) -> BMCFault? {
        if case .failure(let fault) = result { fault } else { nil }
    }

    /// Somebody else wrote between our look and our write: nothing of ours goes out over it.
    @Test func whatSomebodyElseWroteIsNotOverwritten() async throws {
        let bmc = FakeBMC([Self.uri: Self.metrics(1200, etag: "\"1\"")])
        let client = bmc.client
        _ = try await client.read(Self.entry).get()
        bmc.set(Self.uri, Self.metrics(1000, etag: "\"2\""))
        bmc.script(.patch, .init(status: 412))
        #expect(Self.fault(await client.write(.limit(Watts(700)), Self.entry))?.kind == .overtaken)
        #expect(bmc.seen(.patch).map { $0.headers["If-Match"] } == ["\"1\""])
    }

    /// Something else of the resource changed: the limit is written under the new tag, never under a star.
    @Test func aTagThatMovedForAnotherReasonIsReadAgain() async throws {
        let bmc = FakeBMC([Self.uri: Self.metrics(1200, etag: "\"1\"")])
        let client = bmc.client
        _ = try await client.read(Self.entry).get()
        bmc.set(Self.uri, Self.metrics(1200, etag: "\"2\""))
        bmc.script(.patch, .init(status: 412))
        try await client.write(.limit(Watts(700)), Self.entry).get()
        #expect(bmc.seen(.patch).map { $0.headers["If-Match"] } == ["\"1\"", "\"2\""])
    }

    @Test(arguments: [("abc", ["abc", "\"abc\""]), ("\"\"abc\"\"", ["\"\"abc\"\"", "\"abc\""])])
    func tagsAreSentInTheSpellingsThatBMCsCompare(header: String, expected: [String]) {
        #expect(Document(uri: "/x", json: [:], header: header).etags == expected)
    }

    /// After a write went out, a look that fails says nothing of the write.
    @Test func whatCameToNothingAfterAWriteIsUnknown() async throws {
        let bmc = FakeBMC([Self.uri: Self.metrics(1200, etag: "\"1\"")])
        let client = bmc.client
        _ = try await client.read(Self.entry).get()
        bmc.script(.patch, .init(status: 412))
        bmc.script(.get, .init(error: .couldNotConnect, mayHaveBeenObeyed: false))
        #expect(Self.fault(await client.write(.limit(Watts(700)), Self.entry))?.kind == .unknownEffect)
    }

    // MARK: Time

    @Test func aDeadlineBoundsReadsToo() async throws {
        let bmc = FakeBMC([Self.uri: Self.metrics(1200, etag: "\"1\"")])
        let client = bmc.client(options: RedfishOptions(requestTimeout: .seconds(3600)))
        _ = try await client.read(Self.entry, context: RequestContext(deadline: .now + .seconds(300))).get()
        #expect(!bmc.seen.isEmpty && bmc.seen.allSatisfy { $0.timeout <= .seconds(300) })
    }

    @Test func afterTheDeadlineNothingIsSent() async throws {
        let bmc = FakeBMC([Self.uri: Self.metrics(1200, etag: "\"1\"")])
        let late = RequestContext(deadline: .now - .seconds(1))
        #expect(Self.fault(await bmc.client.read(Self.entry, context: late))?.kind == .outOfTime)
        #expect(bmc.seen.isEmpty)
    }

    // MARK: Priors

    /// What a BMC has shown and does not take back is tried in its other spellings.
    @Test(
        arguments: [
            ("1200.0", ["1200.0", "1200"]), ("1.2E+3", ["1.2E+3", "1200"]), ("1200", ["1200"]),
            ("null", ["null", "0"]),
            ("0", ["0", "null"]), ("0.0", ["0.0", "0", "null"]), ("312.5", ["312.5"]),
        ])
    func priorsAreRespelled(shown: String, expected: [String]) throws {
        let value = try JSONValue(parsing: Array(shown.utf8))
        let bodies = PriorSpelling.bodies(["PowerLimitWatts": ["SetPoint": value]])
        #expect(bodies.map { $0["PowerLimitWatts", "SetPoint"]?.text } == expected)
    }

    @Test func anIntegerOnlyBMCGetsItsPriorBack() async throws {
        let shown = try JSONValue(parsing: Array("1200.0".utf8))
        let bmc = FakeBMC([Self.uri: Self.metrics(700, etag: "\"1\"")])
        let client = bmc.client
        _ = try await client.read(Self.entry).get()
        bmc.script(.patch, .init(status: 400))
        try await client.write(.restore(["SetPoint": shown]), Self.entry).get()
        #expect(bmc.seen(.patch).map { $0.body?["PowerLimitWatts", "SetPoint"]?.text } == ["1200.0", "1200"])
    }

    /// No limit, in the words of the control that is there now.
    @Test(
        arguments: [
            (["SetPoint": 700, "ControlMode": "Automatic"], ["ControlMode": "Disabled"]),
            (["SetPoint": 700], ["SetPoint": nil]),
        ] as [(JSONValue, JSONValue)])
    func aPriorWithoutALimitIsPutBackByItsMeaning(now: JSONValue, expected: JSONValue) async throws {
        let bmc = FakeBMC([Self.uri: ["PowerLimitWatts": now]])
        let client = bmc.client
        _ = try await client.read(Self.entry).get()
        try await client.write(.lift, Self.entry).get()
        #expect(bmc.seen(.patch).first?.body?["PowerLimitWatts"] == expected)
    }

    // MARK: Whose machine it is

    /// A blade that is exchanged behind a live session is noticed before anything is put back.
    @Test func anExchangedMachineIsNoticedBehindALiveSession() async throws {
        let system = "/redfish/v1/Systems/S1"
        let bmc = FakeBMC([
            "/redfish/v1/Systems": FakeBMC.members(system),
            system: ["Id": "S1", "UUID": "u-1", "SerialNumber": "A", "PowerState": "On"],
        ])
        let client = bmc.client
        let entry = FakeBMC.entry(.node, .powerState)
        let first = try await client.read(entry, identityAge: .zero).get()
        bmc.set(system, ["Id": "S1", "UUID": "u-2", "SerialNumber": "B", "PowerState": "On"])
        let second = try await client.read(entry, identityAge: .zero).get()
        #expect(try #require(first.identity).contradicts(try #require(second.identity)))
        #expect(bmc.seen(.post).count == 1)
    }
}
