public import PowerEvents

/// The rules that an operator sets for all enforcement (`enforcement:` of the configuration).
public struct Policy: Sendable, Hashable {
    public enum Pace: String, Sendable, Hashable, CaseIterable {
        /// ``ordered`` for a warning, ``eager`` for a critical breach.
        case auto
        /// A priority starts when the one before has settled, or its straggler grace is over.
        case ordered
        /// All priorities at once; lower numbers first wherever they compete.
        case eager
    }

    public enum Drift: String, Sendable, Hashable, CaseIterable {
        /// What somebody else changed since our write is left alone and reported.
        case keep
        /// The prior is written back all the same.
        case restore
    }

    /// The oldest `time` of an event that is still accepted.
    public var maxAge: Duration = .seconds(3 * 3600)
    /// How long one resource may take, retries included.
    public var deadline: Duration = .seconds(120)
    /// When an alert is answered although not everything has settled.
    public var reportAfter: Duration = .seconds(10)
    public var republishEvery: Duration = .seconds(100)
    public var maxEventBytes = 1 << 20
    public var stragglerGrace: Duration = .seconds(2)
    public var pace: Pace = .auto
    /// The wait between `resolved` and the first release.
    public var holdDown: Duration = .seconds(30)
    /// How much of a breach is released in one step.
    public var step: Share = .percent(10)
    /// The time between two steps.
    public var every: Duration = .seconds(5)
    public var onDrift: Drift = .keep
    public var watchEvery: Duration = .seconds(30)
    public var reassertLimit = 5
    /// The age at which an open breach raises an alarm, and at which an unknown one is refused.
    public var maxHold: Duration = .seconds(24 * 3600)
    /// How many of the nodes may be down through this agent at once.
    public var maxSuspended: Share = .percent(10)
    /// The share of a plan's BMCs out of reach above which nothing more is suspended.
    public var maxUnreachable: Share = .percent(50)
    /// The cap of a `power_cap` without a target, of the control's maximum.
    public var powerCapDefault: Share = .percent(60)
    /// The cap of a `throttle`, of the control's maximum.
    public var throttlePower: Share = .percent(60)
    /// The speed of a throttled GPU, of its highest; nil: throttled by a cap only.
    public var throttleGPUSpeed: Share?
    /// The power mode of a throttled node, in its BMC's word; nil: throttled by a cap only.
    public var throttleNodeMode: String?
    /// Ways to suspend a node, the first that the BMC allows.
    public var suspend: [ResetType] = [.suspend, .pause, .gracefulShutdown]
    /// How a budget is split over its members.
    public var split: BudgetSplit = .proportional
    /// How long a budget's members have to bring its meter under it, before they are cut further.
    public var settleTime: Duration = .seconds(10)
    /// How often held machines are metered while a breach is open.
    public var meterEvery: Duration = .seconds(10)
    /// How fast the power of one feed may come back at a release; nil: as `step` and `every` have it.
    public var maxRate: PowerRate?
    /// Whether hints on what the inventory does not have are answered. Not, where other agents share the bus and own them.
    public var answersForeign = true
    /// How often a request is tried again.
    public var retries = 3
    /// The most hints of one alert, and the most breaches that a source may have open at once: what a power agent that has
    /// gone mad, or its thief, can ask for.
    public var maxHints = 100_000
    public var maxOpenBreaches = 256

    public init() {}

    func isEager(_ severity: BreachAlert.Severity) -> Bool {
        switch pace {
        case .auto: severity == .critical
        case .ordered: false
        case .eager: true
        }
    }
}
