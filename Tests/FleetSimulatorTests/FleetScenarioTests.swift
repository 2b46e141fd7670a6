import Settings
import Site
import StrictJSON
import Testing

@testable import FleetSimulator

struct FleetScenarioTests {
    private func read(_ yaml: String) throws -> FleetScenario {
        let problems = ProblemCollector()
        let setting = SettingsFile.parse(yaml, file: "scenario.yaml", problems: problems)
        let scenario = setting.map(FleetScenario.init)
        try problems.throwIfAny()
        return try #require(scenario)
    }

    @Test func aFileSaysWhoPlaysWhatAndWhatGoesWrong() throws {
        let scenario = try read(
            """
            personality: dell-idrac9
            latency: 50ms
            bmcs:
              n1: { personality: hpe-ilo, faults: [hang, { fault: slow-shutdown, seconds: 9 }] }
              n2: { latency: 2s, faults: [{ fault: "503", on: [PATCH], path: Power, skip: 1, times: 2, retry_after: 7 }] }
            """)
        #expect(scenario.personality == .dellIDRAC9)
        #expect(scenario.personalities == ["n1": .hpeILO])
        #expect(scenario.latency == .milliseconds(50))
        #expect(scenario.latencies == ["n2": .seconds(2)])
        #expect(scenario.faults["n1"] == [Fault(.hang), Fault(.slowShutdown(seconds: 9))])
        #expect(
            scenario.faults["n2"] == [
                Fault(.status(503, retryAfter: 7), on: ["PATCH"], path: "Power", skip: 1, times: 2)
            ])
    }

    @Test func aFileSaysWhatMachinesHaveToDo() throws {
        let scenario = try read(
            """
            lag: 500ms
            wander: 0%
            workload: 60%
            bmcs: { n1: { workload: 100%, rest: 1.2kW } }
            """)
        #expect(scenario.lag == 0.5 && scenario.wander == 0 && scenario.workload == 0.6)
        #expect(scenario.workloads == ["n1": 1] && scenario.rests == ["n1": 1200])
    }

    @Test(arguments: [
        ("personality: dell", "dell-idrac9"), ("bmcs: { n1: { faults: [explode] } }", "explode"),
        ("bmcs: { n1: { faults: [{ fault: \"200\" }] } }", "400 to 599"), ("bmc: {}", "did you mean bmcs?"),
        ("bmcs: { n1: { faults: [{ on: [GET] }] } }", "fault"),
    ])
    func mistakesAreNamed(yaml: String, mentioned: String) throws {
        let error = #expect(throws: Problems.self) { try read(yaml) }
        #expect(error?.description.contains(mentioned) == true, "\(error?.description ?? "")")
    }

    /// The faults of one BMC, over requests of different kinds.
    @Test func faultsMeetTheRequestsThatTheyAreAbout() {
        var faults = FaultList()
        faults.all = [Fault(.status(500, retryAfter: nil), on: ["PATCH"], path: "Power", skip: 1, times: 2)]
        func met(_ method: String, _ path: String) -> Bool {
            !faults.meeting(method: method, path: path, isLogin: false).isEmpty
        }
        #expect(!met("GET", "/redfish/v1/Chassis/1/Power"))
        #expect(!met("PATCH", "/redfish/v1/Chassis/1/Other"))
        let met4 = (0..<4).map { _ in met("PATCH", "/redfish/v1/Chassis/1/Power") }
        #expect(met4 == [false, true, true, false])
    }

    /// Each refuses what its firmware refuses.
    @Test func personalitiesHaveTheirOwnRules() throws {
        func apply(_ personality: Personality, _ members: (String, JSONValue)...) -> (PowerKnob, Bool) {
            var knob = personality.limit
            var object = JSONObject()
            for (key, value) in members { object[key] = value }
            do throws(PowerKnob.Refusal) { try knob.apply(object) } catch { return (knob, false) }
            return (knob, true)
        }
        #expect(!apply(.hpeCrayEX, ("SetPoint", 1000)).1)
        #expect(apply(.hpeCrayEX, ("SetPoint", 1000), ("ControlMode", "Automatic")).0.limit == 1000)
        #expect(!apply(.lenovoXCC, ("SetPoint", 500), ("ControlMode", "Disabled")).1)
        #expect(!apply(.lenovoXCC, ("SetPoint", .null), ("ControlMode", "Manual")).1)
        #expect(apply(.lenovoXCC, ("SetPoint", 500)).0.limit == 500)
        #expect(!apply(.openBMC, ("SetPoint", .null)).1)
        #expect(!apply(.openBMC, ("SetPoint", 500), ("ControlMode", "Manual")).1)
        #expect(!apply(.nvidiaGB300, ("SetPoint", 900), ("ControlMode", "Automatic")).1)
        #expect(!apply(.dellIDRAC9, ("SetPoint", 1453), ("ControlMode", "Disabled")).1)
        var board = SimulatedMachine(resources: [], number: 1, personality: .nvidiaGB300)
        board.limit.setPoint = 900
        board.powerState = "Off"
        // A one-shot is forgotten with the power.
        #expect(board.limit.setPoint == 5600)
    }
}
