import Journal
import PowerEvents
import Shedding
import Site
import StrictJSON

/// One of each record with every member there is, and the bare ones.
enum RecordSamples {
    static let time = Timestamp(milliseconds: 1_800_000_000_000)
    static let key = ControlKey(resource: "row/1 \"n\"", facet: .powerLimit)
    static let place = ControlPlace(path: "/redfish/v1/x#0", dialect: "power-control")

    static func id(_ number: UInt8) -> UUIDText { UUIDText(randomBytes: [UInt8](repeating: number, count: 16)) }

    // MARK: Controls

    static let trusts: [BMC.Trust] = [
        .systemAuthorities, .unverified, .pin("sha256//x="), .authorities(file: "a\"b.pem"),
    ]

    static let values: [ControlValue] = [
        .limit(nil), .limit(Watts(microwatts: 1)), .speed(nil), .speed(Megahertz(1980)), .power(.off), .mode("Ec\"o"),
    ]

    static func control(_ trust: BMC.Trust = .pin("sha256//x=")) -> ControlEntry? {
        guard let address = BMC.Address("https://10.0.0.1"), let float = JSONNumber(text: "6720.0") else { return nil }
        var entry = ControlEntry(
            key: key, type: .gpu, bmc: BMC(address: address, credentials: "b", trust: trust),
            pins: .init(powerLimit: "/p", system: "s", chassis: "c", processor: "GPU_1"))
        entry.locator = ["uri": "/redfish/v1/\"x", "Index": 0]
        entry.identity = MachineIdentity(uuid: "8F3B6C1E-0F5E-4F6D-9D0A-0242AC110002", serial: "ü-7")
        entry.place = place
        entry.sharedBy = [ControlKey(resource: "c", facet: .speedLimit)]
        entry.floor = Watts(3200)
        // Absent, null and 0 are three different things, and 6720.0 is restored as it was read.
        entry.prior = .init(
            value: .limit(Watts(700)),
            fragment: ["SetPoint": nil, "Zero": 0, "Float": .number(float), "Text": "a\"b\n", "List": [true, []]],
            takenAt: time, dormant: Watts(3), place: place)
        entry.reassertions = 3
        entry.isPowerCycled = true
        for value in values { entry.intend(value) }
        entry.held = .limit(Watts(2))
        entry.made = .limit(Watts(640))
        entry.isMoved = true
        entry.wasRefused = true
        return entry
    }

    static func freeze() -> Freeze {
        let scope = FreezeScope(
            ResourceSelection(names: ["rack-a07"], feeds: ["main-a"], bmcs: ["https://10.0.0.1"]),
            resources: ["dgx-[01-18]", "dgx-[01-18]-gpu[0-7]"])
        var freeze = Freeze(scope, since: time, until: time + .seconds(1800), user: "ada", reason: "cooling \"works\"")
        freeze.exceptions = [FreezeScope(ResourceSelection(names: ["dgx-03"]), resources: ["dgx-03"])]
        return freeze
    }

    static func bareControl() -> ControlEntry? {
        control(.systemAuthorities).map { ControlEntry(key: $0.key, type: .node, bmc: $0.bmc, pins: .init()) }
    }

    // MARK: Plans

    static let demands: [Demand] = [
        .cap(Watts(5)), .capToShare(.percent(60)), .capToMinimum, .suspended, .slowToShare(.percent(7)), .mode("m"),
    ]

    static let hint = ShedHint(
        resourceID: "n", resourceType: .chassis, action: .throttle, priority: 3,
        targetPower: PowerQuantity(watts: Watts(4), unit: .megawatt))

    static var bareHint: ShedHint {
        ShedHint(resourceID: "n", resourceType: .node, action: .powerCap, priority: 1)
    }

    static var plan: PlannedHint {
        var plan = PlannedHint(
            hint: hint, verdict: .covered(by: key, .suspended, of: [key]),
            exceptions: [.protected("n1"), .maxSuspended("n2", limit: 1, nodes: 4)],
            fallback: .init(.capToShare(.percent(60)), of: [key]))
        plan.isSuperseded = true
        plan.hasFallenBack = true
        return plan
    }

    static var plans: [PlannedHint] {
        [plan, PlannedHint(hint: bareHint, verdict: .skipped(.unknownResource("w\"y")))]
            + demands.map { PlannedHint(hint: bareHint, verdict: .demand($0, of: [key])) }
    }

    static var part: PlannedHint {
        var part = plan
        part.member = "inside"
        return part
    }

    static var spread: PlannedHint {
        PlannedHint(
            hint: bareHint,
            verdict: .spread(
                Spread(
                    target: Watts(4000), rests: ["n1": Watts(400)], fixed: ["n2": Watts(1), "n3": Watts(2)],
                    unknown: ["n4"], corrections: 2, excess: Watts(microwatts: 4_100_500_000))))
    }

    // MARK: Breaches

    static let phases: [Breach.Phase] = [
        .open, .holdingDown(until: time), .releasing(nextStep: time), .closed(at: time),
    ]

    static let origin = Breach.Origin(
        source: "//grid/v1/poweragent/a",
        trace: TraceContext(traceID: "0af7651916cd43dd8448eb211c80319c", spanID: "b7ad6b7169203331", state: "v=1"),
        correlationID: id(7))

    static func breach(_ phase: Breach.Phase = .holdingDown(until: time)) -> Breach {
        var breach = Breach(
            id: id(1), origin: origin, feed: "main-a", isCritical: true, openedAt: time, holdDown: .milliseconds(60_500)
        )
        breach.phase = phase
        breach.updatedAt = time + .seconds(1)
        breach.plans = plans
        breach.released = [key]
        breach.reported = .max
        breach.reportedAt = time
        breach.isOverdue = true
        breach.hadPlans = true
        return breach
    }

    static let bareBreach = Breach(
        id: id(2), origin: .init(source: "s", trace: nil, correlationID: nil), feed: "f", isCritical: false,
        openedAt: time, holdDown: .zero)

    static let outcome = Outcome.failed(
        .clamped(made: .limit(Watts(640)), wanted: .limit(Watts(500))), value: .limit(Watts(640)))

    /// Between them with all that a reason can have.
    static let outcomes: [Outcome] = [
        outcome, .applied(), .applied(.neverBegun, .powerMode("E\"co"), value: .mode("Eco")),
        .skipped(.everyPart([.maxSuspended("n", limit: 1, nodes: 2), .otherFeed("n", feeds: ["a", "\""])])),
        .skipped(.changedBySomebodyElse(holds: .limit(nil), set: .mode("m"), prior: .power(.on))),
        .skipped(.maxSuspended("n", limit: 2, nodes: 20, elsewhere: 1)), .skipped(.suspensionsUnknown("n")),
        .failed(.bmc(.busy, "later", retries: 2), value: .speed(nil)), .failed(.noWayToSuspend(offered: [])),
    ]

    // MARK: What else there is

    static let alert = AcceptedAlert(
        eventID: id(3), source: origin.source, time: time, receivedAt: time + .seconds(2), trace: origin.trace,
        correlationID: id(7), payload: #"{"a": 1}"#, breachID: id(1), topic: "grid/v1/poweragent/a/powerbreach",
        digest: "d1")

    static var knowledge: BMCKnowledge {
        var knowledge = BMCKnowledge()
        knowledge.sessions = "/redfish/v1/Sessions"
        knowledge.learn(.init(key: key, type: .gpu, pins: .init(chassis: "C1"), locator: ["uri": "/x", "none": nil]))
        return knowledge
    }

    static var report: Report {
        Report(
            enforcement: Enforcement(
                breachID: id(1), feedTag: "main-a", action: .applied, code: .partial, diagnosticMessage: "1 of 2",
                results: [
                    EnforcementResult(
                        resourceID: "n", resourceType: .node, requestedAction: .powerCap, code: .applied,
                        appliedPower: PowerQuantity(watts: Watts(500), unit: .watt))
                ], timestamp: time),
            origin: origin)
    }
}
