import StrictJSON
import Testing

@testable import FleetSimulator

struct MachinePhysicsTests {
    private static let gpu = "/redfish/v1/Systems/System_0/Processors/GPU_0/EnvironmentMetrics"
    private static let node = "/redfish/v1/Chassis/Chassis_0/EnvironmentMetrics"

    private func cap(_ watts: Int) -> JSONValue { ["PowerLimitWatts": ["SetPoint": .number(JSONNumber(watts))]] }

    /// After one time constant 63 % of the way is done, and in the end what is drawn lies under the cap.
    @Test func powerFollowsACapWithALag() throws {
        let machine = try TestMachine(.standardMetrics, gpus: 1)
        let before = machine.bmc.power.parts[0]
        #expect(before.isNear(686))
        machine.ask("PATCH", Self.gpu, cap(400))
        #expect(machine.bmc.power.parts[0].isNear(before))
        machine.time.pass(2)
        #expect(machine.bmc.power.parts[0].isNear(392 + (before - 392) * 0.368))
        machine.time.pass(8)
        #expect(machine.bmc.power.parts[0] < 400)
        machine.ask("PATCH", Self.gpu, cap(700))
        #expect(machine.bmc.power.parts[0] < 400)
        machine.time.pass(30)
        #expect(machine.bmc.power.parts[0].isNear(before))
    }

    /// The lag is each machine's own.
    @Test func theLagCanBeSet() throws {
        let machine = try TestMachine(.standardMetrics, gpus: 1)
        machine.bmc.work { draw, _ in draw.lag = 0 }
        machine.ask("PATCH", Self.gpu, cap(400))
        #expect(machine.bmc.power.parts[0].isNear(392))
    }

    /// A cap above what is drawn changes nothing, and a machine at rest draws what it draws idle.
    @Test func aCapThatDoesNotBindChangesNothing() throws {
        let machine = try TestMachine(.standardMetrics, gpus: 2, workload: 0)
        #expect(machine.bmc.power.parts == [70, 70])
        machine.ask("PATCH", Self.gpu, cap(200))
        machine.time.pass(10)
        #expect(machine.bmc.power.parts == [70, 70])
    }

    /// A node's cap throttles the GPUs for what the rest draws too, and never below idle.
    @Test func aNodeCapLimitsTheSumByItsGPUs() throws {
        let machine = try TestMachine(.standardMetrics, gpus: 8)
        machine.ask("PATCH", Self.node, cap(4000))
        machine.time.pass(20)
        #expect(machine.watts < 4000 && machine.watts.isNear(3920))
        #expect(machine.bmc.power.rest.isNear(1680))
        machine.ask("PATCH", Self.node, cap(2000))
        machine.time.pass(20)
        #expect(machine.watts.isNear(1680 + 8 * 70))
    }

    /// The sum of many GPUs is limited together, in proportion of what each wants above idle.
    @Test func aTotalOfGPUsLimitsThemTogether() throws {
        let machine = try TestMachine(.nvidiaGB300Tray, gpus: 4)
        machine.bmc.tamper { $0.gpus["GPU_0"]?.setPoint = 400 }
        machine.ask(
            "PATCH", "/redfish/v1/Chassis/HGX_Chassis_0/Controls/TotalGPU_Power_0", ["SetPoint": 2000])
        machine.time.pass(20)
        let parts = machine.bmc.power.parts
        #expect(parts.reduce(0, +).isNear(1960) && parts.reduce(0, +) < 2000)
        #expect(parts[0] < 400 && parts[1].isNear(parts[2]) && parts[1] > parts[0])
    }

    /// A module's limits count its CPU too, and one write to its metrics reaches all four.
    @Test func aModuleIsLimitedWithItsCPU() throws {
        let machine = try TestMachine(.nvidiaGB300Tray, gpus: 4)
        let uri = "/redfish/v1/Chassis/HGX_ProcessorModule_0/EnvironmentMetrics"
        #expect(machine.ask("PATCH", uri, cap(1000)).status == 200)
        #expect(machine.bmc.machine.shared.filter { $0.knob.limit == 1000 }.count == 4)
        machine.time.pass(20)
        let parts = machine.bmc.power.parts
        #expect((parts[0] + parts[1]).isNear(980 - 100))
        #expect(parts[2].isNear(1372) && parts[3].isNear(1372))
    }

    @Test func aMachineThatIsOffDrawsStandby() throws {
        let machine = try TestMachine(.standardMetrics, gpus: 8)
        machine.bmc.tamper { $0.powerState = "Off" }
        #expect(machine.watts > 7000)
        machine.time.pass(30)
        #expect(machine.watts.isNear(machine.bmc.machine.draw.standby))
        machine.bmc.tamper { $0.powerState = "On" }
        machine.time.pass(30)
        #expect(machine.watts > 7000)
    }

    /// What no limit can throttle comes on top of what the GPUs keep to, but a node's cap makes them pay for it.
    @Test func aRestThatRisesIsDrawnOnTop() throws {
        let machine = try TestMachine(.nvidiaGB300Tray, gpus: 4)
        machine.ask("PATCH", "/redfish/v1/Chassis/HGX_Chassis_0/Controls/TotalGPU_Power_0", ["SetPoint": 2000])
        machine.time.pass(20)
        let before = machine.watts
        machine.bmc.work { draw, _ in draw.rest += 300 }
        machine.time.pass(20)
        #expect((machine.watts - before).isNear(300))
    }

    /// A machine without GPUs is throttled as a whole.
    @Test func aHostIsLimitedToo() throws {
        let machine = try TestMachine(.standardPower)
        #expect(machine.watts.isNear(1600))
        machine.ask(
            "PATCH", "/redfish/v1/Chassis/Chassis_0/Power", ["PowerControl": [["PowerLimit": ["LimitInWatts": 900]]]])
        machine.time.pass(20)
        #expect(machine.watts < 900 && machine.watts.isNear(882))
        #expect(
            machine.get("/redfish/v1/Chassis/Chassis_0/Power")["PowerControl"]?.array?.first?["PowerConsumedWatts"]?
                .number?.double.isNear(882) == true)
    }

    /// The noise of a load is bounded, and the same in each run.
    @Test func loadsWanderTheSameInEachRun() throws {
        func run() throws -> [Double] {
            let machine = try TestMachine(.standardPower, workload: 0.5)
            machine.bmc.work { draw, _ in draw.wander = 0.1 }
            return (0..<50).map { _ in
                machine.time.pass(1)
                return machine.watts
            }
        }
        let first = try run()
        #expect(try first == run())
        #expect(Set(first).count > 40)
        #expect(first.allSatisfy { (950 - 65 - 1...950 + 65 + 1).contains($0) })
    }

    /// What the counter gains is what was drawn, also while power falls.
    @Test func energyIsThePowerOverTime() throws {
        let machine = try TestMachine(.standardMetrics, gpus: 1)
        let start = machine.bmc.power.joules
        machine.ask("PATCH", Self.gpu, cap(300))
        var sum = 0.0
        for _ in 0..<1000 {
            machine.time.pass(0.01)
            let power = machine.bmc.power
            sum += power.total * 0.01
        }
        #expect((machine.bmc.power.joules - start).isNear(sum))
    }
}
