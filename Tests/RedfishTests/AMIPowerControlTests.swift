import Curl
import PowerEvents
import Shedding
import Site
import StrictJSON
import Testing

@testable import Redfish

/// AMI firmware that shows whether its limit is armed.
struct AMIPowerControlTests {
    static let uri = "/redfish/v1/Chassis/C1/Power"
    static let entry = FakeBMC.entry(.node)
    /// As it leaves the factory: 500 W with HardPowerOff, which limits nothing until it is armed.
    static let untouched = document("HardPowerOff", "Deactivate")
    static let harmless = document("NoAction", "Deactivate")
    static let ready = document("NoAction", "Deactivate", watts: 900)
    static let capped = document("NoAction", "Activate", watts: 900)
    static let noAction = #"PATCH {"PowerControl":[{"PowerLimit":{"LimitException":"NoAction"}}]}"#
    static let set900 = #"PATCH {"PowerControl":[{"PowerLimit":{"LimitInWatts":900}}]}"#
    static let arm = #"POST {"PowerLimitTrigger":"Activate"}"#

    static func document(_ exception: String, _ trigger: String, watts: Int = 500) -> JSONValue {
        [
            "Oem": ["Vendor": ["PowerLimitTrigger": .string(trigger)]],
            "Actions": ["#LimitTrigger": ["target": "/redfish/v1/Chassis/C1/Power/Actions/LimitTrigger"]],
            "PowerControl": [
                [
                    "MemberId": "0", "Oem": ["Vendor": ["PowerLimit": ["Min": 300, "Max": 3000]]],
                    "PowerLimit": [
                        "CorrectionInMs": 1000, "LimitException": .string(exception),
                        "LimitInWatts": .number(JSONNumber(watts)),
                    ],
                ]
            ],
        ]
    }

    static func bmc(_ document: JSONValue = untouched) -> FakeBMC { DocumentShapeTests.power([:], [uri: document]) }

    /// What was sent to change the limit, in order.
    static func changes(_ bmc: FakeBMC) -> [String] {
        bmc.seen.filter { $0.uri.hasPrefix(uri) && $0.method != .get }
            .map { "\($0.method == .patch ? "PATCH" : "POST") \($0.body?.text ?? "")" }
    }

    @Test func whatIsNotArmedLimitsNothing() async throws {
        let prior = try await Self.bmc().client.read(Self.entry).get()
        #expect(prior.value == .limit(nil))
        #expect(prior.dormant == Watts(500))
        #expect(prior.range == PowerRange(minimum: Watts(300), maximum: Watts(3000)))
    }

    /// Its exception is taken away, then it is set, then armed.
    @Test func theTriggerIsArmedLast() async throws {
        let bmc = Self.bmc()
        let client = bmc.client
        let prior = try await client.read(Self.entry).get()
        bmc.after(.patch, Self.uri, becomes: Self.harmless, Self.ready)
        bmc.after(.post, Self.uri, becomes: Self.capped)
        try await client.write(.limit(Watts(900)), Self.entry).get()
        #expect(Self.changes(bmc) == [Self.noAction, Self.set900, Self.arm])

        _ = try await client.read(Self.entry).get()
        try await client.write(.restore(prior.fragment), Self.entry).get()
        #expect(
            Self.changes(bmc).suffix(2) == [
                #"POST {"PowerLimitTrigger":"Deactivate"}"#,
                #"PATCH {"PowerControl":[{"PowerLimit":{"LimitInWatts":500,"LimitException":"HardPowerOff"}}]}"#,
            ])
    }

    @Test func nothingIsSetWhileItsExceptionIsFatal() async throws {
        let bmc = Self.bmc()
        let client = bmc.client
        _ = try await client.read(Self.entry).get()
        let refused = await client.write(.limit(Watts(900)), Self.entry)
        #expect(throws: BMCFault.self) { try refused.get() }
        #expect(Self.changes(bmc) == [Self.noAction])
    }

    @Test func aLimitThatIsNotTakenIsNotArmed() async throws {
        let bmc = Self.bmc(Self.harmless)
        let client = bmc.client
        _ = try await client.read(Self.entry).get()
        let untaken = await client.write(.limit(Watts(900)), Self.entry)
        #expect(throws: BMCFault.self) { try untaken.get() }
        #expect(Self.changes(bmc) == [Self.set900])
    }

    /// What is armed then is what the reboot made of the limit: lower than asked for, and fatal. It is mended at once.
    @Test func aRebootBetweenSettingAndArming() async throws {
        let bmc = Self.bmc()
        let client = bmc.client
        _ = try await client.read(Self.entry).get()
        bmc.after(.patch, Self.uri, becomes: Self.harmless, Self.ready)
        bmc.after(.post, Self.uri, becomes: Self.document("HardPowerOff", "Activate"))
        bmc.after(.patch, Self.uri, becomes: Self.document("NoAction", "Activate"), Self.capped)
        try await client.write(.limit(Watts(900)), Self.entry).get()
        #expect(Self.changes(bmc) == [Self.noAction, Self.set900, Self.arm, Self.noAction, Self.set900])
        #expect(try await client.read(Self.entry).get().value == .limit(Watts(900)))
    }

    /// A reboot that takes all back, as often as it is tried.
    @Test func itIsNotTriedForEver() async throws {
        let bmc = Self.bmc()
        let client = bmc.client
        _ = try await client.read(Self.entry).get()
        for _ in 1...20 {
            bmc.after(.patch, Self.uri, becomes: Self.harmless, Self.ready)
            bmc.after(.post, Self.uri, becomes: Self.untouched)
        }
        let given = await client.write(.limit(Watts(900)), Self.entry)
        #expect(throws: BMCFault.self) { try given.get() }
        #expect(Self.changes(bmc).count <= 8)
    }
}
