import Curl
import PowerEvents
import Shedding
import Site
import StrictJSON
import Testing

@testable import Redfish

struct ConversationTests {
    static let uri = "/redfish/v1/Chassis/X/EnvironmentMetrics"
    static let entry = FakeBMC.entry(.node, pins: .init(powerLimit: uri))

    private func bmc(etag: String? = nil) -> FakeBMC {
        var object = JSONObject()
        object["PowerLimitWatts"] = ["SetPoint": 700]
        object["@odata.etag"] = etag.map(JSONValue.string)
        return FakeBMC([Self.uri: .object(object)])
    }

    private func fault(_ result: Result<some Any, BMCFault>) -> BMCFault? {
        if case .failure(let fault) = result { fault } else { nil }
    }

    @Test func logsInOnceAndKeepsTheSession() async throws {
        let bmc = bmc()
        let client = bmc.client
        _ = try await client.read(Self.entry).get()
        _ = try await client.read(Self.entry).get()
        #expect(bmc.seen(.post).count == 1)
        #expect(bmc.seen(.post)[0].headers["Authorization"] == nil)
        #expect(bmc.seen(.post)[0].body == ["UserName": "u", "Password": "p"])
        #expect(bmc.seen(.get).last?.headers["X-Auth-Token"] != nil)
        await client.close()
        #expect(bmc.seen(.delete).map(\.uri) == [FakeBMC.session])
    }

    @Test func a401IsBelievedOnlyAfterAFreshLogin() async throws {
        let bmc = bmc()
        let client = bmc.client
        _ = try await client.read(Self.entry).get()
        bmc.script(.get, .init(status: 401))
        _ = try await client.read(Self.entry).get()
        #expect(bmc.seen(.post).count == 2)
        bmc.script(.get, .init(status: 401), .init(status: 401))
        #expect(fault(await client.read(Self.entry))?.kind == .unauthorized)
        #expect(bmc.seen(.post).count == 3)
    }

    @Test func aRootThatIsNotOpenIsReadWithBasic() async throws {
        let bmc = bmc()
        bmc.script(.get, .init(status: 401))
        _ = try await bmc.client.read(Self.entry).get()
        #expect(bmc.seen(.get)[1].headers["Authorization"] == "Basic dTpw")
        #expect(bmc.seen(.get).last?.headers["X-Auth-Token"] != nil)
    }

    /// Under the tag of what was read; where that is refused the control is read again, and only where it is as it was
    /// goes the write without.
    @Test func aRefusedTagIsReadAgain() async throws {
        let bmc = bmc(etag: "W/\"7\"")
        let client = bmc.client
        _ = try await client.read(Self.entry).get()
        bmc.script(.patch, .init(status: 412), .init(status: 412), .init(status: 412), .init(status: 412))
        let reads = bmc.seen(.get).count
        try await client.write(.limit(Watts(500)), Self.entry).get()
        #expect(
            bmc.seen(.patch).map { $0.headers["If-Match"] } == [
                "W/\"7\"", "\"7\"", "W/\"7\"", "\"7\"", "*",
            ])
        #expect(bmc.seen(.get).count == reads + 1)
    }

    @Test func withoutAnETagAStarIsTriedOnDemand() async throws {
        let bmc = bmc()
        let client = bmc.client
        _ = try await client.read(Self.entry).get()
        bmc.script(.patch, .init(status: 428))
        try await client.write(.limit(Watts(500)), Self.entry).get()
        #expect(bmc.seen(.patch).map { $0.headers["If-Match"] } == [nil, "*"])
    }

    struct Meaning: Sendable {
        let answer: FakeBMC.Answer
        let kind: BMCFault.Kind
    }

    @Test(arguments: [
        Meaning(answer: .init(status: 400), kind: .refused), Meaning(answer: .init(status: 405), kind: .refused),
        Meaning(answer: .init(status: 409), kind: .refused), Meaning(answer: .init(status: 403), kind: .unauthorized),
        Meaning(answer: .init(status: 500), kind: .unknownEffect),
        Meaning(answer: .init(status: 502), kind: .unknownEffect),
        Meaning(answer: .init(status: 503, headers: [("Retry-After", "7")]), kind: .busy),
        Meaning(answer: .init(error: .timeout), kind: .unknownEffect),
        Meaning(answer: .init(error: .timeout, mayHaveBeenObeyed: false), kind: .unreachable),
        Meaning(answer: .init(error: .couldNotConnect, mayHaveBeenObeyed: false), kind: .unreachable),
        Meaning(answer: .init(error: .tls, mayHaveBeenObeyed: false), kind: .untrusted),
        Meaning(answer: .init(error: .connectionLost), kind: .unknownEffect),
    ])
    func answersToWritesMeanWhatTheyMean(_ meaning: Meaning) async throws {
        let bmc = bmc()
        let client = bmc.client
        _ = try await client.read(Self.entry).get()
        bmc.script(.patch, meaning.answer)
        let fault = fault(await client.write(.limit(Watts(500)), Self.entry))
        #expect(fault?.kind == meaning.kind)
        if meaning.kind == .busy { #expect(fault?.retryAfter == .seconds(7)) }
    }

    @Test func refusalsAreQuotedFromTheBMC() async throws {
        let bmc = bmc()
        let client = bmc.client
        _ = try await client.read(Self.entry).get()
        bmc.script(
            .patch,
            .init(
                status: 400,
                body: ["error": ["@Message.ExtendedInfo": .array([["Message": "Power regulator is in APM mode."]])]]))
        let fault = fault(await client.write(.limit(Watts(500)), Self.entry))
        #expect(fault?.message.contains("Power regulator is in APM mode.") == true)
    }

    @Test func redirectsStayOnTheHostWithMethodAndToken() async throws {
        let bmc = bmc()
        let client = bmc.client
        _ = try await client.read(Self.entry).get()
        bmc.script(.patch, .init(status: 308, headers: [("Location", Self.uri + "/")]))
        try await client.write(.limit(Watts(500)), Self.entry).get()
        #expect(bmc.seen(.patch).count == 2)
        #expect(bmc.seen(.patch)[1].headers["X-Auth-Token"] != nil)
        #expect(bmc.seen(.patch)[1].body == bmc.seen(.patch)[0].body)
        bmc.script(.patch, .init(status: 301, headers: [("Location", "https://evil.example/x")]))
        #expect(fault(await client.write(.limit(Watts(500)), Self.entry))?.kind == .unknownEffect)
        #expect(bmc.seen(.patch).count == 3)
    }

    @Test func actionsGoOverAConnectionOfTheirOwn() async throws {
        let bmc = ControlSearchTests.node([:])
        let entry = FakeBMC.entry(.node, .powerState)
        let client = bmc.client
        _ = try await client.read(entry).get()
        try await client.write(.reset(.gracefulShutdown), entry).get()
        let action = try #require(bmc.seen(.post).last)
        #expect(action.uri == "/redfish/v1/Systems/S1/Actions/ComputerSystem.Reset")
        #expect(action.body == ["ResetType": "GracefulShutdown"])
        #expect(action.fresh)
    }

    @Test func brokenAnswersAreFaultsNotCrashes() async throws {
        for body in ["", "<html>", "{\"a\":", "[]", "\"text\""] {
            let bmc = bmc()
            let client = bmc.client
            _ = try await client.read(Self.entry).get()
            bmc.script(.get, FakeBMC.Answer(status: 200, body: body == "[]" ? .array([]) : nil))
            #expect(fault(await client.read(Self.entry))?.kind == .invalidAnswer)
        }
    }

    @Test func whatWasObjectedToIsToldWithTheFailure() async throws {
        let bmc = bmc()
        let client = bmc.client
        _ = try await client.read(Self.entry).get()
        bmc.script(
            .patch,
            .init(
                status: 200,
                body: [
                    "@Message.ExtendedInfo": [["MessageId": "Base.1.0.PropertyNotUpdated", "Message": "not updated"]]
                ]))
        try await client.write(.limit(Watts(500)), Self.entry).get()
        #expect(try await client.read(Self.entry).get().objection == "not updated")
        try await client.write(.limit(Watts(500)), Self.entry).get()
        #expect(try await client.read(Self.entry).get().objection == nil)
    }

    /// Behind our address, the second would be a name and a password in front of another host.
    @Test(arguments: ["https://elsewhere/redfish/v1/x", "@elsewhere/x", "//elsewhere/x", ".elsewhere/x", ""])
    func aLinkToAnotherHostIsNotFollowed(link: String) async throws {
        let bmc = FakeBMC(["/redfish/v1/Systems": FakeBMC.members(link)])
        let result = await bmc.client.read(FakeBMC.entry(.node))
        #expect(fault(result)?.kind == .invalidAnswer)
        #expect(bmc.seen.allSatisfy { $0.uri.hasPrefix("/redfish/") })
    }

    @Test func anAnswerIsAskedForPlainUnlessThatIsRefused() async throws {
        let bmc = bmc()
        let client = bmc.client
        bmc.script(.get, .init(status: 406))
        _ = try await client.read(Self.entry).get()
        #expect(bmc.seen(.get).prefix(2).map { $0.headers["Accept-Encoding"] } == ["identity", nil])
        #expect(bmc.seen(.get).last?.headers["Accept-Encoding"] == nil)
    }

    @Test func aBMCThatIsSilentIsLeftAlone() async throws {
        let bmc = bmc()
        let client = bmc.client
        for _ in 0..<3 {
            bmc.script(.get, .init(error: .couldNotConnect, mayHaveBeenObeyed: false))
            #expect(fault(await client.read(Self.entry))?.kind == .unreachable)
        }
        let asked = bmc.seen.count
        #expect(fault(await client.read(Self.entry))?.kind == .circuitOpen)
        #expect(bmc.seen.count == asked)
    }

    /// Of the two sessions that a killed process left, one is still that; the number of the other is somebody else's now.
    @Test func sessionsThatWereLeftAreEnded() async throws {
        let bmc = bmc()
        bmc.set("/redfish/v1/SessionService/Sessions/7", ["UserName": "u"])
        bmc.set("/redfish/v1/SessionService/Sessions/8", ["UserName": "somebody"])
        let ledger = TestLedger(["/redfish/v1/SessionService/Sessions/7", "/redfish/v1/SessionService/Sessions/8"])
        let client = BMCClient(
            bmc: FakeBMC.bmc, credentials: CredentialReference(username: "u", secret: .value("p")), transport: bmc,
            ledger: ledger)
        _ = try await client.read(Self.entry).get()
        #expect(bmc.seen(.delete).map(\.uri) == ["/redfish/v1/SessionService/Sessions/7"])
        #expect(await ledger.open == [FakeBMC.session])
        await client.close()
        #expect(await ledger.open.isEmpty)
    }

    /// A minute inside a GPU's write is not a time-out, unless the hint's own time is over before.
    @Test func aWriteHasTheTimeThatItsKindTakes() async throws {
        let gpu = "/redfish/v1/Systems/HGX_Baseboard_0/Processors/GPU_1/EnvironmentMetrics"
        let bmc = bmc()
        bmc.set(gpu, ["PowerLimitWatts": ["SetPoint": 700]])
        for (uri, left, expected) in [
            (Self.uri, 120, 20), (gpu, 120, 75), (gpu, 30, 30),
        ] as [(String, Int, Int)] {
            let entry = FakeBMC.entry(.node, pins: .init(powerLimit: uri))
            let fresh = BMCClient(
                bmc: FakeBMC.bmc, credentials: CredentialReference(username: "u", secret: .value("p")), transport: bmc)
            _ = try await fresh.read(entry).get()
            try await fresh.write(
                .limit(Watts(500)), entry, context: RequestContext(deadline: .now + .seconds(left))
            ).get()
            let timeout = try #require(bmc.seen(.patch).last?.timeout)
            #expect(timeout <= .seconds(expected) && timeout > .seconds(expected - 1))
        }
    }
}
