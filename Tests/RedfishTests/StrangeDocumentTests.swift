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
}
