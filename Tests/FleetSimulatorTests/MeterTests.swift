import StrictJSON
import Testing

@testable import FleetSimulator

struct MeterTests {
    private static let hgx = "HGX_PlatformEnvironmentMetrics_0"
    private static let tray = "PlatformEnvironmentMetrics_0"

    private func number(_ value: JSONValue?) -> Double? {
        value?.number?.double ?? value?.string.flatMap(Double.init)
    }

    /// Each place that measures the same thing says the same, within a meter's error.
    @Test func allMetersAgree() throws {
        let machine = try TestMachine(.nvidiaGB300Tray, gpus: 4, workload: 0.5)
        let power = machine.bmc.power
        let gpus = power.parts.reduce(0, +)
        let shown: [(JSONValue?, Double)] = [
            (machine.get("/redfish/v1/Chassis/Chassis_0/EnvironmentMetrics")["PowerWatts", "Reading"], power.total),
            (machine.get("/redfish/v1/Chassis/Chassis_0/Sensors/Chassis_0_TotalHSC_Power_0")["Reading"], power.total),
            (machine.metric("Chassis_0_TotalHSC_Power_0", in: Self.tray)?["MetricValue"], power.total),
            (machine.metric("HGX_Chassis_0_TotalGPU_Power_0", in: Self.hgx)?["MetricValue"], gpus),
            (machine.get("/redfish/v1/Chassis/HGX_Chassis_0/EnvironmentMetrics")["PowerWatts", "Reading"], gpus),
            (machine.get("/redfish/v1/Chassis/HGX_Chassis_0/Controls/TotalGPU_Power_0")["Sensor", "Reading"], gpus),
            (machine.metric("HGX_GPU_2_Power_0", in: Self.hgx)?["MetricValue"], power.parts[2]),
            (machine.get("/redfish/v1/Chassis/HGX_GPU_2/Sensors/HGX_GPU_2_Power_0")["Reading"], power.parts[2]),
            (
                machine.get("/redfish/v1/Systems/HGX_Baseboard_0/Processors/GPU_2/EnvironmentMetrics")[
                    "PowerWatts", "Reading"], power.parts[2]
            ),
        ]
        for (value, watts) in shown {
            #expect(number(value)?.isNear(watts) == true, "\(value?.text ?? "nil") \(watts)")
        }
    }

    /// Each generation shows what its machine draws somewhere, but for cards and those that measure nothing.
    @Test func eachGenerationMeasuresSomething() throws {
        for personality in Personality.all where personality.name != "bluefield" {
            let machine = try TestMachine(personality, gpus: personality.name.hasPrefix("nvidia") ? 4 : 0)
            var waiting = ["/redfish/v1"]
            var seen: Set<String> = []
            var found: [Double] = []
            func follow(_ value: JSONValue) {
                for member in value.object ?? JSONObject() {
                    if ["PowerConsumedWatts", "Reading", "PowerInputWatts"].contains(member.key),
                        let watts = member.value.number?.double
                    {
                        found.append(watts)
                    }
                    if member.key == "@odata.id", let uri = member.value.string { waiting.append(uri) }
                    follow(member.value)
                }
                value.array?.forEach(follow)
            }
            while let uri = waiting.popLast() {
                if seen.insert(uri).inserted, !uri.hasSuffix("/PowerMetrics") { follow(machine.get(uri)) }
            }
            let power = machine.bmc.power
            let expected = [power.total, power.total / 6, power.parts[0], power.parts.reduce(0, +)]
            #expect(found.contains { value in expected.contains { value.isNear($0) } }, "\(personality.name)")
        }
    }

    @Test func aStaleMeterStandsStillAndSaysSo() throws {
        let machine = try TestMachine(.nvidiaGB300Tray, gpus: 2)
        let fresh = machine.metric("HGX_GPU_0_Power_0", in: Self.hgx)
        #expect(fresh?["Oem", "Nvidia", "MetricValueStale"] == .bool(false))
        machine.bmc.faults = [Fault(.meterStale)]
        machine.bmc.tamper { $0.gpus["GPU_0"]?.setPoint = 200 }
        machine.time.pass(30)
        let stale = machine.metric("HGX_GPU_0_Power_0", in: Self.hgx)
        #expect(stale?["Oem", "Nvidia", "MetricValueStale"] == .bool(true))
        #expect(number(stale?["MetricValue"])?.isNear(1321) == true)
        #expect(stale?["Timestamp"] == fresh?["Timestamp"])
        machine.bmc.faults = []
        #expect(number(machine.metric("HGX_GPU_0_Power_0", in: Self.hgx)?["MetricValue"])?.isNear(196) == true)
    }

    /// One of the tray's values is always old.
    @Test func aForgottenSensorIsAlwaysStale() throws {
        let machine = try TestMachine(.nvidiaGB300Tray, gpus: 2)
        let value = machine.metric("Chassis_0_NIC_0_TEMP_0", in: Self.tray)
        #expect(value?["Oem", "Nvidia", "MetricValueStale"] == .bool(true))
    }

    @Test func metersMisbehaveOnDemand() throws {
        let machine = try TestMachine(.nvidiaGB300Tray, gpus: 2)
        let uri = "/redfish/v1/Chassis/Chassis_0/EnvironmentMetrics"
        func reading() -> JSONValue? { machine.get(uri)["PowerWatts", "Reading"] }
        machine.bmc.faults = [Fault(.meterGone)]
        #expect(reading() == .null)
        #expect(machine.metric("HGX_GPU_0_Power_0", in: Self.hgx)?["MetricValue"]?.string == "nan")
        machine.bmc.faults = [Fault(.meterAbsurd)]
        #expect(number(reading()) == 4_294_967_295)
        machine.bmc.faults = [Fault(.meterZero)]
        #expect(number(reading()) == 0)
        machine.bmc.faults = [Fault(.meter1970)]
        let sensor = machine.get("/redfish/v1/Chassis/Chassis_0/Sensors/Chassis_0_TotalHSC_Power_0")
        #expect(sensor["ReadingTime"]?.string == "1970-01-01T00:00:00+00:00")
        machine.bmc.faults = [Fault(.meterGaps)]
        let gaps = (0..<60).filter { _ in
            machine.time.pass(1)
            return reading() == .null
        }
        #expect((18...22).contains(gaps.count))
        machine.bmc.faults = [Fault(.meterAbsurd, path: "/Processors/")]
        #expect(number(reading())?.isNear(machine.watts) == true)
    }

    /// A meter is asked often and samples seldom: within one interval it says one thing.
    @Test func samplesAreKeptForTheSensingInterval() throws {
        let machine = try TestMachine(.standardMetrics, gpus: 1, workload: 0.5)
        let uri = "/redfish/v1/Chassis/Chassis_0/EnvironmentMetrics"
        machine.bmc.tamper { $0.gpus["GPU_0"]?.setPoint = 200 }
        machine.time.pass(1.1)
        let first = machine.get(uri)
        machine.time.pass(0.5)
        #expect(machine.get(uri) == first)
        machine.time.pass(1)
        #expect(machine.get(uri) != first)
    }

    @Test func lenovoHasAReportOfThreeDays() throws {
        let machine = try TestMachine(.lenovoXCC)
        let report = machine.get("/redfish/v1/TelemetryService/MetricReports/PowerMetrics")
        #expect(report["MetricValues"]?.array?.count == 25_920)
    }

    /// The GPUs' energy counters rise with what they draw.
    @Test func energyCountersRise() throws {
        let machine = try TestMachine(.nvidiaDGXH100, gpus: 8)
        func joules() -> Double? { number(machine.metric("HGX_GPU_0_Energy_0", in: Self.hgx)?["MetricValue"]) }
        let first = try #require(joules())
        machine.time.pass(100)
        #expect((try #require(joules()) - first).isNear(68_600))
    }
}
