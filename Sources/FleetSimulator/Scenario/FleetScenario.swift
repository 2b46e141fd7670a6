import PowerEvents
public import Settings

/// How a simulated fleet is to behave, as a file says it:
///
/// ```yaml
/// personality: dell-idrac9        # of all BMCs
/// latency: 50ms
/// lag: 2s                         # in which power does 63 % of its way to a new limit or load
/// wander: 2%                      # how far loads wander around their share
/// workload: 75%                   # of what each machine can draw above idle
/// bmcs:
///   node-01: { personality: hpe-ilo, faults: [hang] }
///   node-03: { personality: nvidia-gb300-tray, workload: 100%, rest: 420W }   # rest: beside the GPUs
///   node-02: { faults: [{ fault: "503", on: [PATCH], path: Power, skip: 1, times: 2, retry_after: 1 }] }
/// ```
public struct FleetScenario: Sendable {
    public var personality: Personality?
    public var personalities: [String: Personality] = [:]
    public var latency: Duration?
    public var latencies: [String: Duration] = [:]
    /// By a resource of the BMC.
    public var faults: [String: Set<Fault>] = [:]
    /// In seconds; of all machines.
    public var lag: Double?
    /// A share of the load, from 0 to 1.
    public var wander: Double?
    /// From 0 to 1, of all machines but those in ``workloads``.
    public var workload: Double?
    public var workloads: [String: Double] = [:]
    /// Watts beside the GPUs.
    public var rests: [String: Double] = [:]

    public init() {}

    /// What a file says; every mistake goes to the problems of its setting.
    public init(_ setting: Setting) {
        let members = setting.members(["personality", "latency", "lag", "wander", "workload", "bmcs"])
        personality = members["personality"].flatMap(Self.personality)
        latency = members["latency"]?.duration()
        lag = members["lag"]?.duration().map { $0 / .seconds(1) }
        wander = members["wander"]?.share().map(Self.part)
        workload = members["workload"]?.share().map(Self.part)
        for (name, entry) in members["bmcs"]?.namedEntries() ?? [] {
            let own = entry.members(["personality", "latency", "faults", "workload", "rest"])
            personalities[name] = own["personality"].flatMap(Self.personality)
            latencies[name] = own["latency"]?.duration()
            workloads[name] = own["workload"]?.share().map(Self.part)
            rests[name] = own["rest"]?.power().map { Double($0.microwatts) / 1_000_000 }
            for fault in own["faults"]?.elements() ?? [] {
                if let fault = Self.fault(fault) { faults[name, default: []].insert(fault) }
            }
        }
    }

    /// Brings a fleet that was made with the personalities into the state that the scenario begins with.
    ///
    /// - Throws: where the fleet has no BMC for a resource
    public func begin(_ fleet: SimulatedFleet) throws {
        if let latency { for bmc in fleet.bmcs { bmc.latency = latency } }
        for bmc in fleet.bmcs {
            bmc.work { draw, share in
                draw.lag = lag ?? draw.lag
                draw.wander = wander ?? draw.wander
                share = workload ?? share
            }
        }
        let names = Set(personalities.keys).union(latencies.keys).union(faults.keys)
        for name in names.union(workloads.keys).union(rests.keys).sorted() {
            guard let bmc = fleet.bmc(of: name) else {
                throw SimulatedFleet.CannotServe(description: "bmcs.\(name): no resource of the inventory with a BMC")
            }
            if let latency = latencies[name] { bmc.latency = latency }
            if let faults = faults[name] { bmc.faults = faults }
            bmc.work { draw, share in
                draw.rest = rests[name] ?? draw.rest
                share = workloads[name] ?? share
            }
        }
    }

    private static func part(_ share: Share) -> Double { min(1, Double(share.basisPoints) / 10_000) }

    private static func personality(_ setting: Setting) -> Personality? {
        guard let name = setting.string() else { return nil }
        let names = Personality.all.map(\.name).joined(separator: ", ")
        return Personality.named(name) ?? setting.fail("should be one of \(names)")
    }

    /// A name, or a mapping with the requests that the fault is about.
    private static func fault(_ setting: Setting) -> Fault? {
        guard setting.isMapping else {
            return kind(setting, retryAfter: nil, seconds: nil).map { Fault($0) }
        }
        let members = setting.members(["fault", "on", "path", "skip", "times", "retry_after", "seconds"])
        let retryAfter = members["retry_after"]?.int(0...3600)
        let seconds = members["seconds"]?.int(0...3600)
        guard let name = members.required("fault", of: setting),
            let kind = kind(name, retryAfter: retryAfter, seconds: seconds)
        else { return nil }
        let methods = members["on"].map { Set($0.strings()) }
        return Fault(
            kind, on: methods, path: members["path"]?.string(), skip: members["skip"]?.int(0...1_000_000) ?? 0,
            times: members["times"]?.int(1...1_000_000))
    }

    private static func kind(_ setting: Setting, retryAfter: Int?, seconds: Int?) -> Fault.Kind? {
        guard let name = setting.string() else { return nil }
        if let status = Int(name), (400...599).contains(status) { return .status(status, retryAfter: retryAfter) }
        if name == "slow-shutdown" { return .slowShutdown(seconds: Double(seconds ?? 30)) }
        let names = Fault.Kind.named.map(\.name).joined(separator: ", ")
        return Fault.Kind.named.first { $0.name == name }?.kind
            ?? setting.fail("should be a status from 400 to 599, slow-shutdown, or one of \(names)")
    }
}

extension Fault.Kind {
    /// Those that need nothing but their name.
    public static let named: [(name: String, kind: Fault.Kind)] = [
        ("hang", .hang), ("drip", .drip), ("refuse", .refuse), ("cut", .cut), ("stale", .stale),
        ("session-limit", .sessionLimit),
        ("no-sessions", .noSessions), ("forget-sessions", .forgetSessions), ("apply-then-fail", .applyThenFail),
        ("obey-and-refuse", .obeyAndAnswer(400)), ("task-lost", .task(.lost(403))), ("round", .round(watts: 8)),
        ("clamp", .clamp), ("ignore", .ignore), ("object-inside", .objectInside), ("task-success", .task(.success)),
        ("task-failure", .task(.failure)), ("task-never", .task(.never)), ("redirect", .redirect), ("html", .html),
        ("truncate", .truncate), ("huge", .huge), ("wrong-types", .wrongTypes), ("contend", .contend),
        ("forget-writes", .forgetWrites), ("lag", .lag), ("certificate", .certificate), ("clock", .clock),
        ("meter-stale", .meterStale), ("meter-gone", .meterGone), ("meter-gaps", .meterGaps),
        ("meter-absurd", .meterAbsurd), ("meter-zero", .meterZero), ("meter-noisy", .meterNoisy),
        ("meter-1970", .meter1970),
    ]
}
