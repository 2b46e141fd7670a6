import Curl
import PowerEvents
import Redfish
import Shedding
import Site
import StrictJSON
import Testing

/// What was found out about a BMC is used after a restart, and found out anew where it is no longer so.
struct KnowledgeTests {
    static let metrics = "/redfish/v1/Chassis/C1/EnvironmentMetrics"
    static let entry = FakeBMC.entry(.node)

    private func bmc() -> FakeBMC {
        let (system, chassis) = ("/redfish/v1/Systems/S1", "/redfish/v1/Chassis/C1")
        return FakeBMC([
            "/redfish/v1/Systems": FakeBMC.members(system), "/redfish/v1/Chassis": FakeBMC.members(chassis),
            system: ["UUID": "u1", "PowerState": "On", "Links": ["Chassis": [FakeBMC.link(chassis)]]],
            chassis: ["EnvironmentMetrics": FakeBMC.link(Self.metrics)],
            Self.metrics: ["PowerLimitWatts": ["SetPoint": 700]],
        ])
    }

    private func client(_ bmc: FakeBMC, _ ledger: TestLedger) -> BMCClient {
        BMCClient(
            bmc: FakeBMC.bmc, credentials: CredentialReference(username: "u", secret: .value("p")), transport: bmc,
            ledger: ledger)
    }

    private func learned(_ bmc: FakeBMC) async throws -> TestLedger {
        let ledger = TestLedger()
        let reading = try await client(bmc, ledger).read(Self.entry).get()
        #expect(reading.value == .limit(Watts(700)))
        #expect(await ledger.knowledge.sessions == "/redfish/v1/SessionService/Sessions")
        #expect(await ledger.knowledge.locator(of: Self.entry) == reading.locator)
        return TestLedger(knowledge: await ledger.knowledge)
    }

    @Test func aRestartAsksForNothingButWhatCounts() async throws {
        let bmc = bmc()
        let ledger = try await learned(bmc)
        let before = bmc.seen.count
        let reading = try await client(bmc, ledger).read(Self.entry).get()
        #expect(reading.identity == MachineIdentity(uuid: "u1", serial: nil))
        // The machine's identity is part of what counts: another one may answer at this address by now.
        let asked = bmc.seen.dropFirst(before).map { "\($0.method.rawValue) \($0.uri)" }
        #expect(
            asked == [
                "POST /redfish/v1/SessionService/Sessions", "GET \(Self.metrics)", "GET /redfish/v1/Systems/S1",
            ])
    }

    @Test func whatHasMovedIsFoundAgain() async throws {
        let bmc = bmc()
        let ledger = try await learned(bmc)
        let new = "/redfish/v1/Chassis/C1/Metrics"
        bmc.set(Self.metrics, nil)
        bmc.set("/redfish/v1/Chassis/C1", ["EnvironmentMetrics": FakeBMC.link(new)])
        bmc.set(new, ["PowerLimitWatts": ["SetPoint": 650]])
        #expect(try await client(bmc, ledger).read(Self.entry).get().value == .limit(Watts(650)))
        let locator = await ledger.knowledge.locator(of: Self.entry)
        #expect(locator?["uri"]?.string == new)
        #expect(await ledger.knowledge.controls.count == 1)
    }

    /// A pin that was added since wins over what was found without it.
    @Test func anotherPinIsAnotherControl() async throws {
        let bmc = bmc()
        let ledger = try await learned(bmc)
        let pinned = "/redfish/v1/Chassis/C2/EnvironmentMetrics"
        bmc.set(pinned, ["PowerLimitWatts": ["SetPoint": 600]])
        let entry = FakeBMC.entry(.node, pins: .init(powerLimit: pinned))
        let client = client(bmc, ledger)
        #expect(try await client.read(Self.entry).get().value == .limit(Watts(700)))
        #expect(try await client.read(entry).get().value == .limit(Watts(600)))
    }

    /// A node's id that is a chassis's now, at the same BMC.
    @Test func anotherTypeIsAnotherControl() async throws {
        let bmc = bmc()
        let ledger = try await learned(bmc)
        let before = bmc.seen.count
        _ = try await client(bmc, ledger).read(FakeBMC.entry(.chassis)).get()
        #expect(bmc.seen.dropFirst(before).contains { $0.uri == "/redfish/v1/Chassis" })
    }

    @Test func sessionsThatMovedAreFoundAgain() async throws {
        let bmc = bmc()
        var knowledge = try await learned(bmc).knowledge
        knowledge.sessions = "/redfish/v1/Old"
        bmc.script(.post, .init(status: 404))
        let ledger = TestLedger(knowledge: knowledge)
        let client = client(bmc, ledger)
        _ = try await client.read(Self.entry).get()
        #expect(bmc.seen(.post).map(\.uri).suffix(2) == ["/redfish/v1/Old", "/redfish/v1/SessionService/Sessions"])
        #expect(bmc.seen.last?.headers["X-Auth-Token"] != nil)
    }
}
