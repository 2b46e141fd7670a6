import PowerEvents
import Site
import StrictJSON

@testable import FleetSimulator

/// One simulated BMC whose time a test moves, without noise in its load.
struct TestMachine {
    let time = TestClock()
    let bmc: SimulatedBMC

    init(_ personality: Personality, gpus: Int = 0, workload: Double = 1) throws {
        guard let address = BMC.Address("https://127.0.0.1:1") else { throw NoAddress() }
        let bmc = BMC(address: address, credentials: "c", trust: .unverified)
        let resources =
            [Resource(id: "n", type: .node, bmc: bmc)]
            + (0..<gpus).map {
                Resource(id: "g\($0)", type: .gpu, bmc: bmc, parent: "n", pins: .init(processor: "GPU_\($0)"))
            }
        self.bmc = SimulatedBMC(
            address: address, machine: SimulatedMachine(resources: resources, number: 1, personality: personality),
            username: "u", password: "p", clock: time.clock)
        self.bmc.work { draw, share in (draw.wander, share) = (0, workload) }
        time.pass(1000)
    }

    private struct NoAddress: Error {}

    @discardableResult
    func ask(_ method: String, _ uri: String, _ body: JSONValue? = nil) -> Answer {
        bmc.answer(
            method: method, uri: uri, headers: ["authorization": "Basic dTpw"], body: body?.bytes ?? [])
    }

    func get(_ uri: String) -> JSONValue { ask("GET", uri).body ?? .null }

    var watts: Double { bmc.power.total }

    /// What one value of a metric report says.
    func metric(_ name: String, in report: String) -> JSONValue? {
        let values = get("/redfish/v1/TelemetryService/MetricReports/\(report)")["MetricValues"]?.array
        return values?.first { $0["MetricId"]?.string == name }
    }
}

extension Double {
    /// Whether two powers are within one percent, or one watt.
    func isNear(_ other: Double, within share: Double = 0.01) -> Bool {
        abs(self - other) <= Swift.max(1, share * abs(other))
    }
}
