import PowerEvents
import Site
import StrictJSON
import Testing

@testable import FleetSimulator

struct SimulatedBMCTests {
    private func bmc(_ personality: Personality = .standardMetrics) throws -> SimulatedBMC {
        let address = try #require(BMC.Address("https://127.0.0.1:1"))
        let bmc = BMC(address: address, credentials: "c", trust: .unverified)
        let resources = [
            Resource(id: "n", type: .node, bmc: bmc),
            Resource(id: "g", type: .gpu, bmc: bmc, parent: "n", pins: .init(processor: "GPU_0")),
        ]
        return SimulatedBMC(
            address: address, machine: SimulatedMachine(resources: resources, number: 1, personality: personality),
            username: "u", password: "p")
    }

    private func ask(
        _ bmc: SimulatedBMC, _ method: String, _ uri: String, _ body: JSONValue? = nil, tag: String? = nil
    ) -> Answer {
        var headers = ["authorization": "Basic dTpw"]
        headers["if-match"] = tag
        return bmc.answer(method: method, uri: uri, headers: headers, body: body?.bytes ?? [])
    }

    @Test func everyLinkLeadsSomewhere() throws {
        for personality in Personality.all {
            let bmc = try bmc(personality)
            var waiting = ["/redfish/v1"]
            var seen: Set<String> = []
            func follow(_ value: JSONValue) {
                switch value {
                case .array(let elements): elements.forEach(follow)
                case .object(let object):
                    for member in object {
                        if member.key == "@odata.id", let uri = member.value.string, !uri.contains("#") {
                            waiting.append(uri)
                        }
                        follow(member.value)
                    }
                default: break
                }
            }
            while let uri = waiting.popLast() {
                guard seen.insert(uri).inserted else { continue }
                let answer = ask(bmc, "GET", uri)
                #expect(answer.status == 200, "\(personality.name) \(uri)")
                follow(answer.body ?? .null)
            }
            #expect(seen.count > 8)
        }
    }

    @Test func refusesStrangersAndStaleTags() throws {
        let bmc = try bmc()
        #expect(bmc.answer(method: "GET", uri: "/redfish/v1/Systems", headers: [:], body: []).status == 401)
        let uri = "/redfish/v1/Chassis/Chassis_0/EnvironmentMetrics"
        let body: JSONValue = ["PowerLimitWatts": ["SetPoint": 5000]]
        #expect(ask(bmc, "PATCH", uri, body, tag: "W/\"99\"").status == 412)
        #expect(ask(bmc, "PATCH", uri, body).status == 200)
        #expect(bmc.machine.limit.limit == 5000)
        #expect(ask(bmc, "PATCH", uri, ["PowerLimitWatts": ["SetPoint": 1]]).status == 400)
        #expect(ask(bmc, "PATCH", uri, ["PowerLimitWatts": ["Nonsense": 1]]).status == 400)
        #expect(bmc.machine.limit.limit == 5000)
    }

    @Test func misbehavesOnDemand() throws {
        let bmc = try bmc()
        let uri = "/redfish/v1/Systems/System_0/Processors/GPU_0/EnvironmentMetrics"
        bmc.faults = [.ignoreWrites]
        #expect(ask(bmc, "PATCH", uri, ["PowerLimitWatts": ["SetPoint": 300]]).status == 200)
        #expect(bmc.machine.gpus["GPU_0"]?.limit == 700)
        bmc.faults = [.applyThenFail]
        #expect(ask(bmc, "PATCH", uri, ["PowerLimitWatts": ["SetPoint": 300]]).status == 500)
        #expect(bmc.machine.gpus["GPU_0"]?.limit == 300)
        bmc.faults = [.hang]
        #expect(ask(bmc, "GET", uri).delay == nil)
    }
}
