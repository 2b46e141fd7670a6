import StrictJSON
import Testing

@testable import FleetSimulator

struct TrayTests {
    /// Nothing limits the node of these, and what does limit stands where their real counterparts have it.
    @Test(arguments: [Personality.nvidiaGB300Tray, .nvidiaGB200Tray, .nvidiaDGXH100, .nvidiaB200EM])
    func theNodeHasNoLimitOfItsOwn(personality: Personality) throws {
        let machine = try TestMachine(personality, gpus: 4)
        let uri = machine.get("/redfish/v1/Systems/\(personality.system)")["Links", "Chassis"]?.array?.first?[
            "@odata.id"]
        let chassis = machine.get(uri?.string ?? "")
        #expect(chassis["Id"]?.string == (personality.hostChassis ?? personality.chassis))
        #expect(chassis["Controls"] == nil)
        let gpu = machine.get("/redfish/v1/Systems/HGX_Baseboard_0/Processors/GPU_0/EnvironmentMetrics")
        #expect(gpu["PowerLimitWatts", "AllowableMin"] == 200)
        let total = machine.ask("GET", "/redfish/v1/Chassis/HGX_Chassis_0/Controls/TotalGPU_Power_0")
        #expect((total.status == 200) == (personality != .nvidiaB200EM))
    }

    @Test func theTrayShowsItsPowerAndNoLimit() throws {
        let machine = try TestMachine(.nvidiaGB300Tray, gpus: 4)
        #expect(machine.get("/redfish/v1/Chassis/Chassis_0/Controls")["Members"] == [])
        #expect(machine.get("/redfish/v1/Chassis/Chassis_0/EnvironmentMetrics")["PowerLimitWatts"] == nil)
        let control = machine.get("/redfish/v1/Chassis/HGX_Chassis_0/Controls/TotalGPU_Power_0")
        #expect(control["AllowableMin"] == 800 && control["AllowableMax"] == 5600)
        #expect(control["RelatedItem"]?.array?.count == 4)
        let copy = machine.get("/redfish/v1/Chassis/HGX_Chassis_0/EnvironmentMetrics")["PowerLimitWatts"]
        #expect(copy?["ControlMode"] == "Automatic" && control["ControlMode"] == "Override")
        #expect(machine.get("/redfish/v1/Chassis/HGX_ProcessorModule_1/Controls")["Members"]?.array?.count == 4)
    }

    /// As NVIDIA's bmcweb: a set point and nothing else, in its range.
    @Test func sharedControlsTakeOnlyASetPoint() throws {
        let machine = try TestMachine(.nvidiaGB300Tray, gpus: 4)
        let uri = "/redfish/v1/Chassis/HGX_Chassis_0/Controls/TotalGPU_Power_0"
        #expect(machine.ask("PATCH", uri, ["SetPoint": 3000, "ControlMode": "Automatic"]).status == 400)
        #expect(machine.ask("PATCH", uri, ["SetPoint": 700]).status == 400)
        #expect(machine.ask("PATCH", uri, ["SetPoint": 3000]).status == 200)
        #expect(machine.get(uri)["SetPoint"] == 3000)
        // It is forgotten with the power.
        machine.bmc.tamper { $0.powerState = "Off" }
        #expect(machine.get(uri)["SetPoint"] == 5600)
    }

    @Test func faultsReachSharedControlsToo() throws {
        let machine = try TestMachine(.nvidiaGB300Tray, gpus: 4)
        let uri = "/redfish/v1/Chassis/HGX_Chassis_0/Controls/TotalGPU_Power_0"
        machine.bmc.faults = [Fault(.clamp)]
        machine.ask("PATCH", uri, ["SetPoint": 2400])
        #expect(machine.get(uri)["SetPoint"] == 2200)
    }
}
