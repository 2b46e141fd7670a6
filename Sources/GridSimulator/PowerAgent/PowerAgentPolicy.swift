import PowerEvents

/// How a power agent decides: its waits, its margins, and whose ways it has.
public struct PowerAgentPolicy: Sendable, Hashable {
    /// Where the trigger of a snapshot stands; both are published under one version of the contract.
    public enum Layout: String, Sendable, Hashable, CaseIterable {
        /// `event` at the top, as `poweragent` has it.
        case top
        /// `event` in each feed, as `dsx-flex-agent` has it.
        case perFeed = "per_feed"
    }

    /// Who is asked to shed.
    public enum Hints: String, Sendable, Hashable, CaseIterable {
        /// Resources of the topology, by priority until the excess is covered.
        case topology
        /// One throttle that names the feed, as the one public agent sends it.
        case feed
    }

    /// When a breach counts as over.
    public enum Resolve: String, Sendable, Hashable, CaseIterable {
        /// Once the load would stay under the target without caps, for a while.
        case demand
        /// As soon as the measured load is at the target, which our own caps bring about.
        case measured
    }

    public var layout = Layout.top
    public var hints = Hints.topology
    public var resolve = Resolve.demand
    /// Whether `detected_at` is the time of each message, as the one public agent has it.
    public var stampsAnew = false
    /// Whether an open breach is told again and again.
    public var repeats = true

    public var heartbeat = Duration.seconds(30)
    /// How often an open breach is told again.
    public var repeatEvery = Duration.seconds(60)
    /// So many readings in a row above the target are a breach.
    public var confirm = 2
    /// What caps are given to show in the meters before more is asked for.
    public var settle = Duration.seconds(8)
    /// For how long a breach has to be over.
    public var resolveAfter = Duration.seconds(10)
    /// How long a ramp may take before a load above the target is a breach.
    public var rampLimit = Duration.seconds(60)
    /// The largest step of a ramp from one reading to the next, as a part of all work.
    public var rampStep = 0.1
    /// A reading that is older is none.
    public var staleAfter = Duration.seconds(10)

    /// How far above the target a breach begins, as a part of it.
    public var threshold = 0.0
    /// How far under the target a ramp goes.
    public var rampMargin = 0.05
    /// How far under the target hints bring the load.
    public var shedMargin = 0.04
    /// How far under the target the load has to be for a breach to be over.
    public var resolveMargin = 0.02

    public init() {}

    /// The contract's border between `warning` and `critical`: 20 % over the target.
    static let critical = 0.2

    func severity(_ watts: Double, over target: Double) -> BreachAlert.Severity {
        watts > target * (1 + Self.critical) ? .critical : .warning
    }
}
