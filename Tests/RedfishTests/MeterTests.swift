import PowerEvents
import Shedding
import Site
import StrictJSON
import Synchronization
import Testing

@testable import Redfish

/// What a machine and its GPUs draw, from what its BMC offers.
struct MeterTests {
    private static let v1 = WholeTrees.v1
    private static let reports = "\(v1)/TelemetryService/MetricReports"
    private static let report = "\(reports)/PlatformEnvironmentMetrics_0"
    private static let hsc = "\(NodelessTrees.tray)/Sensors/Chassis_0_TotalHSC_Power_0"
    private static let now = "2026-11-25T12:00:00Z"

    private static func node(_ id: String = "tray", pins: Resource.Pins = Resource.Pins()) -> Resource {
        Resource(id: id, type: .node, bmc: FakeBMC.bmc, pins: pins)
    }

    private static func gpus(_ count: Int = 4) -> [Resource] {
        (0..<count).map { index in
            Resource(
                id: "g\(index)", type: .gpu, bmc: FakeBMC.bmc, parent: "tray", pins: .init(processor: "GPU_\(index)"))
        }
    }

    private static func gpuSensor(_ index: Int) -> String {
        "\(v1)/Chassis/HGX_GPU_\(index)/Sensors/HGX_GPU_\(index)_Power_0"
    }

    private static func value(
        _ property: String, _ watts: String, stale: Bool = false, time: String? = now
    ) -> JSONValue {
        var json = JSONObject()
        json["MetricProperty"] = .string(property)
        json["MetricValue"] = .string(watts)
        json["Timestamp"] = time.map(JSONValue.string) ?? .null
        json["Oem"] = ["Nvidia": ["MetricValueStale": .bool(stale)]]
        return .object(json)
    }

    /// A GB300 tray with its report; the sensors of nothing but that.
    private static func tray(_ values: [JSONValue]) -> TreeBMC {
        let bmc = TreeBMC(NodelessTrees.gb300, root: [("TelemetryService", TreeBMC.link("\(v1)/TelemetryService"))])
        bmc.set("\(v1)/TelemetryService", ["MetricReports": TreeBMC.link(reports)])
        bmc.set(
            reports,
            TreeBMC.members("\(reports)/HGX_PlatformEnvironmentMetrics_0", "\(reports)/PowerMetrics", report))
        bmc.set("\(reports)/HGX_PlatformEnvironmentMetrics_0", reportOf((0..<4).map { value(gpuSensor($0), "111.5") }))
        bmc.set(report, reportOf(values))
        return bmc
    }

    private static func reportOf(_ values: [JSONValue]) -> JSONValue {
        ["Oem": ["Nvidia": ["SensingIntervalMilliseconds": "250"]], "MetricValues": .array(values)]
    }

    private static let all = [value(hsc, "1355.25")] + (0..<4).map { value(gpuSensor($0), "23\($0).5") }

    /// One whose clock is at ``now``, and stands still until it is moved.
    private final class Clock: Sendable {
        private let seconds = Mutex(0)
        private let start = ContinuousClock.now
        func advance(_ by: Int) { seconds.withLock { $0 += by } }
        var steady: ContinuousClock.Instant { start + .seconds(seconds.withLock { $0 }) }
        var wall: Timestamp {
            (Timestamp(MeterTests.now) ?? Timestamp(milliseconds: 0)) + .seconds(seconds.withLock { $0 })
        }
    }

    private static func client(_ bmc: TreeBMC, _ clock: Clock = Clock()) -> BMCClient {
        BMCClient(
            bmc: FakeBMC.bmc, credentials: CredentialReference(username: "u", secret: .value("p")), transport: bmc,
            now: { clock.steady }, wall: { clock.wall })
    }

    private static func watts(_ text: String) -> Watts? { PowerQuantity(decimal: text, unit: .watt)?.watts }

    // MARK: Where it is found

    @Test func oneReportMeasuresATrayWithItsGPUs() async throws {
        let bmc = Self.tray(Self.all)
        let client = Self.client(bmc)
        let first = try await client.meter(Self.node(), gpus: Self.gpus()).get()
        #expect(first.watts["tray"] == Self.watts("1355.25"))
        #expect(first.watts["g3"] == Self.watts("233.5"))
        #expect(first.notMeasured.isEmpty)
        // From then on, one request a turn, and by a new process too.
        let before = bmc.reads.count
        _ = try await client.meter(Self.node(), gpus: Self.gpus()).get()
        #expect(Array(bmc.reads[before...]) == [Self.report])
        let other = Self.client(bmc)
        let after = bmc.reads.count
        let kept = try await other.meter(Self.node(), gpus: Self.gpus(), known: first.locator).get()
        #expect(kept.watts == first.watts)
        #expect(Array(bmc.reads[after...]).filter { $0 != "/redfish/v1/" } == [Self.report])
        #expect(bmc.writes.isEmpty)
    }

    /// The value of the tray that it names itself as its power's source, in the report that has it.
    @Test func aReportThatHasOnlyTheGPUsIsTakenForThem() async throws {
        let bmc = Self.tray([Self.value("\(Self.v1)/Chassis/Chassis_0/Sensors/Inlet_0", "25")])
        let reading = try await Self.client(bmc).meter(Self.node(), gpus: Self.gpus()).get()
        #expect(reading.watts["tray"] == Watts(1355))
        #expect(reading.watts["g0"] == Self.watts("111.5"))
    }

    @Test func withoutReportsTheMetricsAreRead() async throws {
        let reading = try await Self.client(TreeBMC(NodelessTrees.gb300)).meter(Self.node(), gpus: Self.gpus()).get()
        let each = Dictionary(uniqueKeysWithValues: Self.gpus().map { ($0.id, Watts(238)) })
        #expect(reading.watts == each.merging(["tray": Watts(1355)]) { $1 })
    }

    /// A baseboard's total is none of its host's.
    @Test func aDGXIsMeasuredByItsOwnPowerControl() async throws {
        let client = Self.client(TreeBMC(NodelessTrees.dgxH100))
        #expect(try await client.meter(Self.node("dgx")).get().watts == ["dgx": Watts(2045)])
        let chassis = Resource(id: "hgx", type: .chassis, bmc: FakeBMC.bmc, pins: .init(chassis: "HGX_Chassis_0"))
        #expect(try await client.meter(chassis).get().watts == ["hgx": Watts(825)])
    }

    @Test func ofTwoNodesEachHasTheMemberThatNamesIt() async throws {
        let bmc = TreeBMC(WholeTrees.s3260)
        bmc.set(
            "\(Self.v1)/Chassis/CMC/Power",
            [
                "PowerControl": [
                    ["MemberId": "1", "Name": "Chassis", "PowerConsumedWatts": 1500],
                    ["MemberId": "2", "Name": "Server 2", "PowerConsumedWatts": 600],
                    ["MemberId": "3", "Name": "Server 1", "PowerConsumedWatts": 700],
                ]
            ])
        let client = Self.client(bmc)
        #expect(
            try await client.meter(Self.node("one", pins: .init(system: "Server1"))).get().watts == ["one": Watts(700)])
        #expect(
            try await client.meter(Self.node("two", pins: .init(system: "Server2"))).get().watts == ["two": Watts(600)])
    }

    @Test func aSensorInWattsIsReadWhereThereIsNothingElse() async throws {
        let bmc = TreeBMC(WholeTrees.hpe)
        bmc.set("\(Self.v1)/Chassis/1", WholeTrees.chassis("1", ["Sensors"]))
        let sensor = "\(Self.v1)/Chassis/1/Sensors/total_power"
        bmc.set(
            "\(Self.v1)/Chassis/1/Sensors", TreeBMC.members("\(Self.v1)/Chassis/1/Sensors/PSU1_Input_Power", sensor))
        bmc.set("\(Self.v1)/Chassis/1/Sensors/PSU1_Input_Power", ["Reading": 55, "ReadingUnits": "Cel"])
        bmc.set(
            sensor, ["Reading": "642.5", "ReadingType": "Power", "ReadingUnits": "W", "ReadingTime": .string(Self.now)])
        #expect(
            try await Self.client(bmc).meter(Self.node()).get().watts == ["tray": try #require(Self.watts("642.5"))])
    }

    @Test func anEnergyCounterTellsThePowerFromTheSecondReadingOn() async throws {
        let bmc = TreeBMC(WholeTrees.hpe)
        let metrics = "\(Self.v1)/Chassis/1/EnvironmentMetrics"
        bmc.set("\(Self.v1)/Chassis/1", WholeTrees.chassis("1", ["EnvironmentMetrics"]))
        bmc.set(metrics, ["EnergyJoules": ["Reading": 1_000_000]])
        let clock = Clock()
        let client = Self.client(bmc, clock)
        let first = try await client.meter(Self.node()).get()
        #expect(first.watts.isEmpty)
        #expect(first.notMeasured["tray"]?.contains("from the second reading on") == true)
        clock.advance(10)
        bmc.set(metrics, ["EnergyJoules": ["Reading": 1_006_500]])
        #expect(try await client.meter(Self.node()).get().watts == ["tray": Watts(650)])
        // A counter that began anew tells nothing.
        clock.advance(10)
        bmc.set(metrics, ["EnergyJoules": ["Reading": 5]])
        #expect(try await client.meter(Self.node()).get().watts.isEmpty)
    }

    // MARK: What is no measurement

    @Test(arguments: [
        ("nan", "nan"), ("NA", "NA"), ("", ""), ("-5", "-5"), ("1e12", "1e12"), ("2000000", "no node draws more"),
        ("0", "shows 0 W"),
    ])
    func whatIsNoPowerIsNotMeasured(text: String, reason: String) async throws {
        let bmc = Self.tray(Self.all)
        let client = Self.client(bmc)
        _ = try await client.meter(Self.node(), gpus: Self.gpus()).get()
        bmc.set(Self.report, Self.reportOf([Self.value(Self.hsc, text)] + Self.all.dropFirst()))
        let reading = try await client.meter(Self.node(), gpus: Self.gpus()).get()
        #expect(reading.watts["tray"] == nil)
        #expect(reading.notMeasured["tray"]?.contains(reason) == true, "\(reading.notMeasured)")
        #expect(reading.watts.count == 4)
    }

    @Test func aGPUPastAnyGPUIsNotMeasured() async throws {
        let bmc = Self.tray([Self.value(Self.hsc, "30000"), Self.value(Self.gpuSensor(0), "30000")])
        let reading = try await Self.client(bmc).meter(Self.node(), gpus: Self.gpus(1)).get()
        #expect(reading.watts == ["tray": Watts(30_000)])
        #expect(reading.notMeasured["g0"]?.contains("no gpu draws more than 20000 W") == true)
    }

    @Test func anOffMachineDrawsNothing() async throws {
        let bmc = Self.tray([Self.value(Self.hsc, "0")])
        bmc.set(
            "\(Self.v1)/Systems/System_0", WholeTrees.system("System_0", chassis: ["BMC_0"], [("PowerState", "Off")]))
        #expect(try await Self.client(bmc).meter(Self.node()).get().watts == ["tray": .zero])
    }

    @Test func aStaleValueIsNotMeasured() async throws {
        let bmc = Self.tray(Self.all)
        let client = Self.client(bmc)
        _ = try await client.meter(Self.node(), gpus: Self.gpus()).get()
        bmc.set(Self.report, Self.reportOf([Self.value(Self.hsc, "1355", stale: true)] + Self.all.dropFirst()))
        let reading = try await client.meter(Self.node(), gpus: Self.gpus()).get()
        #expect(reading.notMeasured["tray"]?.contains("stale") == true)
    }

    /// As captured: what the report shows as stale, the chassis shows all the same.
    @Test func whatIsStaleInTheReportIsLookedForElsewhere() async throws {
        let bmc = Self.tray([Self.value(Self.hsc, "1355", stale: true)] + Self.all.dropFirst())
        let reading = try await Self.client(bmc).meter(Self.node(), gpus: Self.gpus()).get()
        #expect(reading.watts["tray"] == Watts(1355))
        #expect(reading.watts["g0"] == Self.watts("230.5"))
    }

    @Test func anOldValueIsNotMeasuredAndOneOf1970IsOfNow() async throws {
        let bmc = Self.tray([Self.value(Self.hsc, "1355", time: "2026-11-25T11:58:00Z")])
        bmc.set(NodelessTrees.tray, WholeTrees.chassis("Chassis_0", []))
        let reading = try await Self.client(bmc).meter(Self.node()).get()
        #expect(reading.notMeasured["tray"]?.contains("more than 60 s ago") == true, "\(reading)")
        for time in ["1970-01-01T00:03:11+00:00", "nan", "2026-11-25T13:00:00Z"] {
            bmc.set(Self.report, Self.reportOf([Self.value(Self.hsc, "1355", time: time)]))
            #expect(try await Self.client(bmc).meter(Self.node()).get().watts == ["tray": Watts(1355)])
        }
        bmc.set(Self.report, Self.reportOf([Self.value(Self.hsc, "1355", time: "2026-11-25T11:59:48Z")]))
        #expect(try await Self.client(bmc).meter(Self.node()).get().age == .seconds(12))
    }

    /// A clock that is wrong, and runs.
    @Test func aTimeThatGoesOnIsOfNow() async throws {
        let bmc = Self.tray([Self.value(Self.hsc, "1355", time: "2026-11-25T09:00:00Z")])
        bmc.set(NodelessTrees.tray, WholeTrees.chassis("Chassis_0", []))
        let clock = Clock()
        let client = Self.client(bmc, clock)
        #expect(try await client.meter(Self.node()).get().watts.isEmpty)
        clock.advance(10)
        bmc.set(Self.report, Self.reportOf([Self.value(Self.hsc, "1300", time: "2026-11-25T09:00:10Z")]))
        #expect(try await client.meter(Self.node()).get().watts == ["tray": Watts(1300)])
        // And one that stands still is old at last.
        clock.advance(61)
        #expect(try await client.meter(Self.node()).get().watts.isEmpty)
    }

    @Test func aSensorThatIsAbsentIsNotMeasured() async throws {
        let bmc = TreeBMC(NodelessTrees.gb300)
        let metrics = "\(NodelessTrees.tray)/EnvironmentMetrics"
        let client = Self.client(bmc)
        _ = try await client.meter(Self.node()).get()
        for power: JSONValue in [
            ["Reading": nil], ["Reading": 1355, "Status": ["State": "Absent"]], ["Reading": 4_294_967_295], [:],
        ] {
            bmc.set(metrics, ["PowerWatts": power])
            let reading = try await client.meter(Self.node()).get()
            #expect(reading.watts.isEmpty)
            #expect(reading.notMeasured["tray"] != nil)
        }
    }

    // MARK: Strangers

    /// Lenovo's PowerMetrics holds 25,920 values; neither is it read, nor one of the right name that is as long.
    @Test func aReportOfADayIsNotTaken() async throws {
        let many = (0..<5000).map { Self.value("\(Self.v1)/Chassis/Chassis_0/Sensors/S\($0)", "1") }
        let bmc = Self.tray([Self.value(Self.hsc, "1400")] + many)
        let reading = try await Self.client(bmc).meter(Self.node()).get()
        #expect(reading.watts == ["tray": Watts(1355)])
        #expect(!bmc.reads.contains("\(Self.reports)/PowerMetrics"))
    }

    @Test func aBMCThatMeasuresNothingIsNotSearchedInEachTurn() async throws {
        let bmc = TreeBMC(WholeTrees.s3260)
        let clock = Clock()
        let client = Self.client(bmc, clock)
        let node = Self.node(pins: .init(system: "Server1"))
        let fault = try await #require(throws: BMCFault.self) { try await client.meter(node).get() }
        #expect(fault.kind == .unsupported)
        let before = bmc.reads.count
        clock.advance(10)
        await #expect(throws: BMCFault.self) { try await client.meter(node).get() }
        #expect(bmc.reads.count == before)
        clock.advance(601)
        await #expect(throws: BMCFault.self) { try await client.meter(node).get() }
        #expect(bmc.reads.count > before)
    }

    @Test func aMeterThatMovedIsLookedForAgain() async throws {
        let bmc = Self.tray(Self.all)
        let client = Self.client(bmc)
        _ = try await client.meter(Self.node()).get()
        bmc.set(Self.report, nil)
        #expect(try await client.meter(Self.node()).get().watts == ["tray": Watts(1355)])
    }

    @Test func aLocatorIsReadAsItWasWritten() throws {
        let meter = Meter(
            points: [
                .init(resource: "n", kind: .report, uri: Self.report, member: "/x"),
                .init(resource: "g", kind: .kilowattHours, uri: "/y"),
            ], missing: ["h": "none"], system: "/s")
        #expect(Meter(json: meter.json) == meter)
        #expect(Meter(json: ["points": [["resource": "n", "kind": "of another version", "uri": "/x"]]]) == nil)
        #expect(Meter(json: nil) == nil)
    }
}
