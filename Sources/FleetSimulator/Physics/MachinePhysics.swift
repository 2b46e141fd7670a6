/// How the power of one simulated machine changes: a first-order system towards its load, under limits that take hold as
/// slowly. Nothing ticks: each value is computed when it is asked for, from the moment when an input last changed.
struct MachinePhysics: Sendable {
    private struct Part {
        /// What it would draw.
        var load: Approach
        /// What it may draw at most.
        var ceiling: Approach
        var joules = 0.0
    }

    /// When an input last changed.
    private(set) var since: Double
    private(set) var inputs: PowerInputs
    private var parts: [Part]
    private var rest: Approach
    private var restJoules = 0.0
    private let seed: UInt64

    /// A machine that has been as it is for long.
    init(_ inputs: PowerInputs, seed: UInt64, at now: Double) {
        self.inputs = inputs
        self.seed = seed
        since = now
        parts = inputs.parts.map { Part(load: Approach(at: $0.load), ceiling: Approach(at: $0.ceiling)) }
        rest = Approach(at: inputs.rest)
    }

    /// From now on the machine goes where these lead.
    mutating func follow(_ new: PowerInputs, at now: Double) {
        guard new != inputs else { return }
        let power = self.power(at: now)
        let age = max(0, now - since)
        restJoules = power.restJoules
        rest = Approach(from: rest.value(after: age, lag: inputs.lag), to: new.rest)
        parts = new.parts.indices.map { index in
            let target = new.parts[index]
            // A machine that gets other GPUs begins with what they draw.
            guard index < parts.count else {
                return Part(load: Approach(at: target.load), ceiling: Approach(at: target.ceiling))
            }
            let part = parts[index]
            let ceiling = part.ceiling.value(after: age, lag: inputs.lag)
            // A limit that is lowered bites at what is drawn, not at the old limit far above it.
            let start = target.ceiling < ceiling ? max(target.ceiling, min(ceiling, power.parts[index])) : ceiling
            return Part(
                load: Approach(from: part.load.value(after: age, lag: inputs.lag), to: target.load),
                ceiling: Approach(from: start, to: target.ceiling), joules: power.partJoules[index])
        }
        inputs = new
        since = now
    }

    /// - Parameter now: not before ``since``; what is, counts as that
    func power(at now: Double) -> MachinePower {
        let age = max(0, now - since)
        let lag = inputs.lag
        let watts = parts.indices.map { index in
            let (part, input) = (parts[index], inputs.parts[index])
            let load = part.load.value(after: age, lag: lag)
            let above = max(0, load - input.idle)
            let wandering = load + above * inputs.wander * Wander.slow(seed &+ UInt64(index) &* 2, at: now)
            return max(0, min(part.ceiling.value(after: age, lag: lag), wandering))
        }
        return MachinePower(
            at: max(now, since), parts: watts, rest: rest.value(after: age, lag: lag),
            // The wandering is left out: it comes to nothing over a while.
            partJoules: parts.map {
                $0.joules + Approach.integralOfLower($0.load, $0.ceiling, over: age, lag: lag)
            }, restJoules: restJoules + rest.integral(over: age, lag: lag))
    }
}
