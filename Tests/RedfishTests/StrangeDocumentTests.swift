import Curl
import PowerEvents
import Shedding
import Site
import StrictJSON
import Testing

@testable import Redfish

/// Documents of BMCs that nobody should write: what they say is read all the same.
struct StrangeDocumentTests {
    private func read(_ bytes: [UInt8]) async -> Result<Reading, BMCFault> {
        let bmc = FakeBMC([ConversationTests.uri: ["PowerLimitWatts": ["SetPoint": 1]]])
        let client = bmc.client
        _ = await client.read(ConversationTests.entry)
        bmc.script(.get, .init(bytes: bytes))
        return await client.read(ConversationTests.entry)
    }

    @Test(arguments: [
        Array("\u{FEFF}{\"PowerLimitWatts\":{\"SetPoint\":700}}".utf8),
        Array("{\"PowerLimitWatts\":{\"SetPoint\":700}}\n\u{0}".utf8),
        Array("{\"Name\":\"a\rb\",\"PowerLimitWatts\":{\"SetPoint\":700}}".utf8),
        Array("{\"Name\":\"".utf8) + [0xFF, 0xFE] + Array("\",\"PowerLimitWatts\":{\"SetPoint\":700}}".utf8),
        Array("{\"Fan\":NaN,\"Temp\":-Infinity,\"PowerLimitWatts\":{\"SetPoint\":700}}".utf8),
        Array("{\"Name\":1,\"Name\":2,\"PowerLimitWatts\":{\"SetPoint\":700}}".utf8),
        Array("{\"Big\":\(String(repeating: "9", count: 500)),\"PowerLimitWatts\":{\"SetPoint\":700}}".utf8),
        Array("{\"Name\":\"\\x\\ud800\",\"PowerLimitWatts\":{\"SetPoint\":700,},}".utf8),
    ])
    func aSoundControlIsReadFromABrokenDocument(bytes: [UInt8]) async throws {
        #expect(try await read(bytes).get().value == .limit(Watts(700)))
    }

    @Test(arguments: [
        "1e-9223372036854775808", "1e9223372036854775807", "1e400", "-1e400", "99999999999999999999999999", "-5", "NaN",
        "\"1e-9223372036854775808\"", "\"\"", "[]", "{}", "true",
    ])
    func noNumberEndsTheProcess(number: String) async {
        _ = await read(
            Array(
                """
                {"PowerLimitWatts":{"SetPoint":\(number),"AllowableMin":\(number),"AllowableMax":\(number)},
                 "PowerControl":[{"MemberId":\(number),"PowerLimit":{"LimitInWatts":\(number)}}]}
                """.utf8))
        let json = try? JSONValue(parsing: Array("[\(number)]".utf8), dialect: .lenient).array?.first
        _ = RedfishNumber.watts(json)
        _ = RedfishNumber.megahertz(json)
        _ = json?.number?.int
        for member in ["-1", "-9223372036854775808", "9223372036854775807", number] {
            #expect(PowerControlLimit.index(in: ["PowerControl": .array([["a": 1], ["b": 2]])], member: member) == nil)
        }
    }

    /// Compressing turns ETags weak on some; it is not asked for before a BMC refuses plain answers or compresses anyway.
    @Test func whatIsCompressedIsAskedForOnceMore() async throws {
        let bmc = FakeBMC([ConversationTests.uri: ["PowerLimitWatts": ["SetPoint": 700]]])
        bmc.script(.get, .init(bytes: [0x1F, 0x8B, 8, 0]))
        let client = bmc.client
        _ = try await client.read(ConversationTests.entry).get()
        #expect(bmc.seen(.get).map(\.decodes).prefix(3) == [false, true, true])
        #expect(bmc.seen(.get).allSatisfy { $0.headers["Accept-Encoding"] == "identity" })
        let refusing = FakeBMC([ConversationTests.uri: ["PowerLimitWatts": ["SetPoint": 700]]])
        refusing.script(.get, .init(status: 406))
        _ = try await refusing.client.read(ConversationTests.entry).get()
        #expect(refusing.seen(.get).map(\.decodes).prefix(2) == [false, true])
    }

    @Test func aRelativeRedirectIsFollowed() async throws {
        let bmc = FakeBMC([
            ConversationTests.uri: ["PowerLimitWatts": ["SetPoint": 1]],
            "/redfish/v1/Chassis/X/Metrics%20new": ["PowerLimitWatts": ["SetPoint": 700]],
        ])
        let client = bmc.client
        _ = try await client.read(ConversationTests.entry).get()
        bmc.script(.get, .init(status: 302, headers: [("Location", "Metrics new")]))
        #expect(try await client.read(ConversationTests.entry).get().value == .limit(Watts(700)))
    }

    @Test func blanksAndUTF8InALinkAreEncoded() async throws {
        let uri = "/redfish/v1/Chassis/Gehäuse 1/EnvironmentMetrics"
        let bmc = FakeBMC([
            "/redfish/v1/Chassis/Geh%C3%A4use%201/EnvironmentMetrics": ["PowerLimitWatts": ["SetPoint": 700]]
        ])
        let entry = FakeBMC.entry(.node, pins: .init(powerLimit: uri))
        #expect(try await bmc.client.read(entry).get().value == .limit(Watts(700)))
    }

    @Test(
        arguments: [
            ("Sun, 06 Nov 1994 9223372036854775807:49:37 GMT", 5),
            ("Sun, 06 Nov 1994 08:9223372036854775807:37 GMT", 5),
            ("Sun, 9223372036854775807 Nov 1994 08:49:37 GMT", 5), ("Sun, 06 Nov 9223372036854775807 08:49:37 GMT", 5),
            ("Sun, 06 Nov 1994 08:49:-9223372036854775808 GMT", 5), ("9223372036854775807", 3600),
            ("99999999999999999999", 3600), ("-99999999999999999999", 1), ("", 5), ("-", 5), ("1e9", 5),
            ("Fri, 31 Dec 9999 23:59:60 GMT", 3600),
        ])
    func noRetryAfterEndsTheProcess(text: String, seconds: Int) {
        let date = "Sun, 06 Nov 1994 08:49:37 GMT"
        #expect(RetryAfter.duration(text, date: date) == .seconds(seconds))
        #expect((1...3600).contains(RetryAfter.duration(date, date: text).components.seconds))
    }

    /// No status but a success says that a write was done, and none but a plain refusal that it was not.
    @Test(arguments: [199, 204, 300, 303, 304, 306, 400, 499, 500, 599, 600, 999])
    func whatAStatusSaysOfAWrite(status: Int) {
        let response = HTTPResponse(status: status, headers: [], body: [], elapsed: .zero)
        let kind = SessionFault.fault(ofWrite: response, uri: "/x").kind
        #expect(kind == ((400...499).contains(status) ? .refused : .unknownEffect))
    }

    /// A limit that is gone from the document after its exception was changed: nothing is written to another one's.
    @Test(arguments: ["[]", #"[{"MemberId":"9","PowerLimit":{"LimitInWatts":800,"LimitException":"NoAction"}}]"#])
    func aControlThatVanishesBetweenTwoRequestsIsNobodyElses(rest: String) throws {
        let place = try #require(
            Locator(json: ["uri": "/redfish/v1/Chassis/1/Power", "dialect": "power-control", "member": "0"]))
        let before: JSONValue = [
            "PowerControl": [
                ["MemberId": "0", "PowerLimit": ["LimitInWatts": 900, "LimitException": "HardPowerOff"]],
                ["MemberId": "9", "PowerLimit": ["LimitInWatts": 800]],
            ]
        ]
        let after: JSONValue = ["PowerControl": try JSONValue(parsing: Array(rest.utf8))]
        for dialect in [PowerControlLimit.self, HPEPowerControl.self] as [any ControlDialect.Type] {
            guard case .prepare? = dialect.step(.limit(Watts(600)), in: before, at: place) else {
                Issue.record("\(dialect) prepares nothing")
                continue
            }
            #expect(dialect.step(.limit(Watts(600)), in: after, at: place) == nil)
            #expect(dialect.step(.restore(["LimitInWatts": 900]), in: after, at: place) == nil)
        }
    }

    /// Numbers in names have a range as all others have.
    @Test(arguments: ["GPU -9223372036854775808", "GPU 9223372036854775807", "GPU -1", "accelerator 99999"])
    func noNameOfAGPUEndsTheProcess(name: String) {
        let dies = (0...1).map { GPUPackage.Die("/redfish/v1/Systems/1/Processors/GPU\($0)", ["Name": .string(name)]) }
        for die in dies { #expect(GPUPackage(of: die, among: dies, accelerators: [0, 1]).processors == [die.uri]) }
        #expect(AcceleratorName.ofGPU(name) == nil)
        #expect(AcceleratorName.trailingNumber("GPU99999999999") == nil)
        #expect(AcceleratorName.number("Accelerator9223372036854775807") == nil)
    }

    /// Lists that no machine has cost no more than those that some have.
    @Test(.timeLimit(.minutes(1))) func longListsAreNotComparedWithoutEnd() {
        let many = JSONValue.array((0..<100_000).map { ["@odata.id": .string("/redfish/v1/Managers/\($0)")] })
        #expect(Links.ids(many).count == 512 && Links.members(many).count == 100_000)
        var vendors = JSONObject()
        for number in 0..<3000 { vendors["v\(number)"] = JSONValue.null }
        let document: JSONValue = ["Oem": .object(vendors), "Actions": ["#LimitTrigger": ["target": "/x"]]]
        let place = Locator(json: ["uri": "/redfish/v1/Chassis/1/Power", "dialect": "ami-power-control"])
        #expect(place.map { AMIPowerControl.reading(in: document, at: $0) == nil } == true)
    }

    /// What goes into a request stays on its line.
    @Test func noTagOfABMCBreaksARequestInTwo() {
        for tag in [
            "\"1\"\r\nX-HTTP-Method-Override: DELETE", "a\u{0}b", " ", "  ", String(repeating: "x", count: 300),
            "\u{7F}",
        ] {
            #expect(Document(uri: "/", json: ["@odata.etag": .string(tag)], header: nil).etags.isEmpty, "\(tag)")
            #expect(Document(uri: "/", json: ["@odata.etag": "\"1\""], header: tag).etags == ["\"1\""], "\(tag)")
        }
    }

    @Test func whatABMCOffersHasAnEnd() {
        let words = JSONValue.array(
            (0..<100).map { .string("Type\($0)") } + [.string(String(repeating: "x", count: 100))])
        #expect(BMCClient.resetTypes(words).count == 32)
        #expect(BMCClient.resetTypes([.string(String(repeating: "x", count: 100)), "On"]) == [.on])
    }

    /// A meter that is found elsewhere at each turn leaves nothing behind.
    @Test func metersThatMoveAreForgotten() {
        var memory = MeterMemory()
        let now = ContinuousClock.now
        for number in 0..<10 {
            let point = MeterPoint(resource: "n", kind: .joules, uri: "/s/\(number)")
            #expect(throws: MeterValue.Absence.self) { try memory.watts(of: 5, at: point, now: now) }
            memory.forget(allBut: [point])
        }
        #expect(memory.size == 1)
    }
}
