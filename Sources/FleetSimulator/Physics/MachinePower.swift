/// What a simulated machine really draws at one moment, which no meter has to show.
public struct MachinePower: Sendable, Hashable {
    /// Seconds on the fleet's clock.
    public let at: Double
    /// Watts, in the order of the GPUs' ids; of the host where there are none.
    public let parts: [Double]
    /// Watts beside the parts.
    public let rest: Double
    /// What each part has used since the BMC began.
    let partJoules: [Double]
    let restJoules: Double

    /// Watts of the whole machine.
    public var total: Double { parts.reduce(rest, +) }
    var joules: Double { partJoules.reduce(restJoules, +) }
}
