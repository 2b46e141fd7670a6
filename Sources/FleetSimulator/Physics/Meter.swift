import PowerEvents
import StrictJSON

/// What the meters of one BMC show at one moment: the machine's power as it was sampled last, a little off, and as wrong
/// as a fault makes it.
struct Meter {
    /// Which part of the machine a meter is at.
    enum Place: Hashable {
        case machine
        /// All GPUs together.
        case gpus
        /// By its index among the machine's ids.
        case gpu(Int)
        /// A processor's share of the rest.
        case processor(of: Int)
        /// The GPU baseboard: its GPUs and half of the rest.
        case baseboard
    }

    let power: MachinePower
    let faults: Set<Fault.Kind>
    /// Of this machine's meters.
    let seed: UInt64
    /// How far a meter is off, as a part of what it shows.
    let error: Double
    /// The sample that is shown.
    let sample: Int64
    /// Seconds on the fleet's clock, when the sample was taken.
    let taken: Double

    /// - Parameters:
    ///   - frozen: when the samples ended; nil where they go on
    init(
        _ physics: MachinePhysics, faults: [Fault.Kind], frozen: MachinePower?, seed: UInt64, sensing: Double,
        now: Double
    ) {
        sample = Int64(((frozen?.at ?? now) / sensing).rounded(.down))
        taken = frozen?.at ?? Double(sample) * sensing
        power = frozen ?? physics.power(at: taken)
        self.faults = Set(faults)
        self.seed = seed
        error = faults.contains(.meterNoisy) ? 0.1 : 0.005
    }

    /// Whether the BMC's firmware has noticed that its values are old.
    var isStale: Bool { faults.contains(.meterStale) || isMissing }

    /// Whether there is no value at this moment.
    var isMissing: Bool {
        if faults.contains(.meterGone) { return true }
        // Two seconds of every six.
        return faults.contains(.meterGaps) && Int64(taken.rounded(.down)) % 6 < 2
    }

    /// Watts, or nil where there is no value.
    func watts(_ place: Place) -> Double? {
        if isMissing { return nil }
        // A sensor that does not answer, as an unsigned number.
        if faults.contains(.meterAbsurd) { return 4_294_967_295 }
        if faults.contains(.meterZero) { return 0 }
        let number = UInt64(bitPattern: Int64(place.hashNumber))
        return actual(place) * (1 + error * Wander.sample(seed &+ number, sample))
    }

    /// Joules that were used, since the BMC began.
    func joules(_ place: Place) -> Double? {
        if isMissing { return nil }
        if faults.contains(.meterAbsurd) { return 1e300 }
        switch place {
        case .gpu(let index): return index < power.partJoules.count ? power.partJoules[index] : 0
        case .gpus: return power.partJoules.reduce(0, +)
        default: return power.joules
        }
    }

    /// As Redfish writes times, with an offset.
    var time: String {
        if faults.contains(.meter1970) { return "1970-01-01T00:00:00+00:00" }
        let text = Timestamp(milliseconds: Int64(taken * 1000)).description
        return text.hasSuffix("Z") ? text.dropLast() + "+00:00" : text
    }

    private func actual(_ place: Place) -> Double {
        switch place {
        case .machine: power.total
        case .gpus: power.parts.reduce(0, +)
        case .gpu(let index): index < power.parts.count ? power.parts[index] : 0
        case .processor(let count): power.rest / 2 / Double(max(1, count))
        case .baseboard: power.parts.reduce(power.rest / 2, +)
        }
    }
}

extension Meter.Place {
    fileprivate var hashNumber: Int {
        switch self {
        case .machine: 1_000
        case .gpus: 1_001
        case .baseboard: 1_002
        case .processor: 1_003
        case .gpu(let index): index
        }
    }
}
