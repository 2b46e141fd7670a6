import GridSimulator
import JOSE
import PowerEvents
import StrictJSON
import Synchronization
import Testing

/// A feed of ten nodes in virtual time, with a power agent on it: power follows work, admission and caps at once.
final class GridWorld {
    static let start = Timestamp(milliseconds: 1_800_000_000_000)
    static let trace = TraceContext(
        traceID: String(repeating: "a", count: 32), spanID: String(repeating: "b", count: 16))
    static let correlation = id(900)

    var core: PowerAgentCore
    var now = GridWorld.start
    /// Watts of each node at full work.
    var work: [String: Double] = [:]
    /// Watts that nobody schedules.
    var surge: [String: Double] = [:]
    var caps: [String: Double] = [:]
    /// Whether caps are what hints ask for.
    var obeys = true
    var refuses: Set<String> = []
    var tellsDemand = true
    var isMeterLive = true
    var admitted = 1.0
    private(set) var alerts: [BreachAlert] = []
    private(set) var states: [PowerStateStatus] = []
    private(set) var notes: [String] = []
    private(set) var traces: [TraceContext?] = []

    static let profile = FeedProfile(
        tag: "main-a", minimum: PowerQuantity(watts: Watts(2000), unit: .kilowatt),
        maximum: PowerQuantity(watts: Watts(15_000), unit: .kilowatt),
        defaultConstraint: PowerQuantity(watts: Watts(15_000), unit: .kilowatt))

    static let nodes = (0..<10).map { "node-\($0)" }

    /// The first five are asked first.
    static let topology = ShedTopology(
        nodes.enumerated().map {
            Sheddable(id: $1, type: .node, priority: $0 < 5 ? 1 : 2, lowest: 400, feeds: ["main-a"])
        })

    init(_ change: (inout PowerAgentPolicy) -> Void = { _ in }) {
        var policy = PowerAgentPolicy()
        policy.heartbeat = .seconds(10)
        policy.repeatEvery = .seconds(15)
        change(&policy)
        core = Self.core(policy, [FeedControl(Self.profile)])
        for node in Self.nodes { work[node] = 800 }
    }

    private static let counter = Mutex(0)

    static func core(_ policy: PowerAgentPolicy, _ feeds: [FeedControl]) -> PowerAgentCore {
        PowerAgentCore(policy: policy, feeds: feeds, topology: topology) {
            id(
                counter.withLock { counter in
                    counter += 1
                    return counter
                })
        }
    }

    static func id(_ number: Int) -> UUIDText {
        UUIDText(randomBytes: (0..<16).map { UInt8(truncatingIfNeeded: number &* 31 &+ $0 &* ($0 + number)) })
    }

    func demand(_ node: String) -> Double { 200 + (work[node] ?? 0) * admitted + (surge[node] ?? 0) }

    func draw(_ node: String) -> Double { min(demand(node), caps[node] ?? .infinity) }

    var watts: Double { Self.nodes.reduce(0) { $0 + draw($1) } }

    var reading: MeterReading {
        MeterReading(
            at: now, feeds: ["main-a": watts],
            nodes: Dictionary(uniqueKeysWithValues: Self.nodes.map { ($0, draw($0)) }),
            demand: tellsDemand ? ["main-a": Self.nodes.reduce(0) { $0 + demand($1) }] : [:])
    }

    /// - Parameter watts: nil removes
    func set(_ watts: Int?, from start: Int64? = nil, to end: Int64? = nil, bestEffort: Bool = false) {
        func time(_ seconds: Int64?) -> Timestamp? { seconds.map { now + .seconds($0) } }
        let target = LoadTargetSet.Target(
            interval: .init(start: time(start), end: time(end)), feedTags: ["main-a"],
            loadConstraint: watts.map { PowerQuantity(watts: Watts($0), unit: .kilowatt) }, bestEffort: bestEffort)
        perform(
            core.step(
                .targets(LoadTargetSet(targets: [target]), correlationID: Self.correlation, trace: Self.trace), at: now)
        )
    }

    func run(_ seconds: Int) {
        for _ in 0..<seconds {
            now = now + .seconds(1)
            perform(core.step(isMeterLive ? .reading(reading) : .tick, at: now))
        }
    }

    func answer(failed: Set<String>) {
        guard let alert = alerts.last else { return }
        let results = alert.shedHints.map {
            EnforcementResult(
                resourceID: $0.resourceID, resourceType: .node, requestedAction: $0.action,
                code: failed.contains($0.resourceID) ? .failed : .applied)
        }
        perform(
            core.step(
                .enforcement(
                    Enforcement(
                        breachID: alert.breachID, feedTag: "main-a", action: .applied, code: .partial, results: results,
                        timestamp: now)), at: now))
    }

    private func perform(_ outputs: [PowerAgentCore.Output]) {
        for output in outputs {
            switch output {
            case .admit(_, let share): admitted = share
            case .note(let text): notes.append(text)
            case .publish(.breachAlert, let json, let trace, let correlation):
                guard let alert = try? BreachAlert(json: json) else {
                    Issue.record("no alert: \(json.text)")
                    continue
                }
                #expect(correlation == Self.correlation)
                alerts.append(alert)
                traces.append(trace)
                guard obeys else { continue }
                if alert.status == .resolved { caps = [:] }
                for hint in alert.shedHints where !refuses.contains(hint.resourceID) {
                    caps[hint.resourceID] = hint.targetPower.map { Double($0.watts.wholeWatts) }
                }
            case .publish(_, let json, let trace, _):
                guard let status = try? PowerStateStatus(json: json) else {
                    Issue.record("no power state: \(json.text)")
                    continue
                }
                states.append(status)
                traces.append(trace)
            }
        }
    }

    /// What snapshots were published for, without heartbeats.
    var events: [PowerStateStatus.Event] {
        states.compactMap { $0.event ?? $0.feeds.first?.state.event }.filter { $0 != .periodic }
    }
}
