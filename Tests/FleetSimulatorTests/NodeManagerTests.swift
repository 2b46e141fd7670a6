import StrictJSON
import Testing

@testable import FleetSimulator

struct NodeManagerTests {
    private static let base = "/redfish/v1/Managers/BMC/NodeManager"

    private func body(_ id: String, _ watts: Int, exception: String = "NoAction") -> JSONValue {
        [
            "Id": .string(id), "Domain": "ACTotalPlatformPower", "ComponentId": 255,
            "Limit": .number(JSONNumber(watts)), "CorrectionInMs": 6000, "PolicyStorage": "Volatile",
            "PowerCorrectionType": "Auto", "LimitException": .string(exception), "StatisticsReportingPeriod": "PT1S",
            "Trigger": ["TriggerType": "AlwaysOn", "TriggerLimit": 0], "Status": ["State": "Enabled"],
        ]
    }

    private func enable(_ machine: TestMachine) {
        let targets = [
            machine.get(Self.base)["Actions", "#NodeManager.ChangeState", "target"],
            machine.get("\(Self.base)/Domains/ACTotalPlatformPower")["Actions", "#NmDomain.ChangeState", "target"],
        ]
        for target in targets {
            #expect(machine.ask("POST", target?.string ?? "", ["State": "Enabled"]).status == 200)
        }
    }

    /// A policy acts only while Node Manager and its domain are enabled.
    @Test func aPolicyActsOnlyWhereAllIsEnabled() throws {
        let machine = try TestMachine(.nvidiaDGXH100, gpus: 8)
        #expect(machine.get(Self.base)["Status", "State"] == "Disabled")
        let answer = machine.ask("POST", "\(Self.base)/Policies", body("ours", 6000))
        #expect(answer.status == 201)
        #expect(answer.headers.contains { $0 == ("Location", "\(Self.base)/Policies/ours") })
        machine.time.pass(30)
        #expect(machine.watts > 7500)
        enable(machine)
        machine.time.pass(30)
        #expect(machine.watts < 6000 && machine.watts.isNear(5880))
        #expect(machine.ask("PATCH", "\(Self.base)/Policies/ours", ["Limit": 5000]).status == 200)
        machine.time.pass(30)
        #expect(machine.watts.isNear(4900))
        #expect(machine.ask("DELETE", "\(Self.base)/Policies/ours").status == 204)
        #expect(machine.ask("GET", "\(Self.base)/Policies/ours").status == 404)
        machine.time.pass(30)
        #expect(machine.watts > 7500)
    }

    @Test func refusesWhatBmcwebRefuses() throws {
        let machine = try TestMachine(.nvidiaDGXH100, gpus: 8)
        machine.bmc.plant(NodeManager.Policy(id: "theirs", limit: 8000, isReadOnly: true))
        let policies = "\(Self.base)/Policies"
        #expect(machine.ask("PATCH", "\(policies)/theirs", ["Limit": 5000]).status == 405)
        #expect(machine.ask("DELETE", "\(policies)/theirs").status == 404)
        #expect(machine.ask("POST", policies, body("theirs", 6000)).status == 400)
        #expect(machine.ask("POST", policies, body("", 6000)).status == 400)
        #expect(machine.ask("POST", policies, body("a", 0)).status == 400)
        #expect(machine.ask("POST", policies, ["Id": "a", "Limit": 6000]).status == 400)
        #expect(machine.ask("POST", policies, body("a", 6000, exception: "Explode")).status == 400)
        #expect(machine.ask("PATCH", "\(policies)/nobody", ["Limit": 5000]).status == 404)
        #expect(machine.ask("DELETE", "\(Self.base)/Domains/ACTotalPlatformPower").status == 405)
        #expect(machine.get(policies)["Members"]?.array?.count == 1)
    }

    /// Of several policies the lowest counts, whoever made it.
    @Test func theLowestPolicyCounts() throws {
        let machine = try TestMachine(.nvidiaDGXH100, gpus: 8)
        machine.bmc.plant(NodeManager.Policy(id: "theirs", limit: 5500))
        enable(machine)
        machine.ask("POST", "\(Self.base)/Policies", body("ours", 6500))
        machine.time.pass(30)
        #expect(machine.watts.isNear(5390))
    }

    /// Somebody's policy that cannot be kept switches the machine off, once Node Manager is enabled.
    @Test func aPolicyWithHardPowerOffIsArmedByEnabling() throws {
        let machine = try TestMachine(.nvidiaDGXH100, gpus: 8)
        machine.bmc.plant(NodeManager.Policy(id: "theirs", limit: 1000, exception: "HardPowerOff"))
        machine.time.pass(60)
        #expect(machine.bmc.machine.powerState == "On")
        enable(machine)
        machine.time.pass(5)
        #expect(machine.bmc.machine.powerState == "On")
        machine.time.pass(2)
        #expect(machine.bmc.machine.powerState == "Off")
        machine.time.pass(30)
        #expect(machine.watts < 300)
    }

    @Test func volatilePoliciesAreForgottenWithTheBMC() throws {
        let machine = try TestMachine(.intel)
        let base = "/redfish/v1/Managers/BMC_0/Oem/Intel/NodeManager"
        machine.bmc.plant(NodeManager.Policy(id: "theirs", limit: 900))
        let answer = machine.ask("POST", "\(base)/Policies", body("ours", 700))
        #expect(answer.status == 201 && answer.body?["Id"] == "ours")
        machine.bmc.tamper { $0.nodeManager?.forgetVolatile() }
        #expect(machine.get("\(base)/Policies")["Members"]?.array?.count == 1)
    }
}
