public import PowerEvents

/// Turns demands into the one power limit that satisfies all of them and breaks no bound.
public enum CapTarget {
    public enum Refusal: Error, Sendable, Hashable, CustomStringConvertible {
        /// A share of a maximum that the BMC does not tell.
        case noMaximum
        case noMinimum
        /// Zero watts turn a limit off on many BMCs, which is the opposite of what was asked.
        case zero

        public var description: String {
            switch self {
            case .noMaximum: "the BMC tells no maximum to take a share of; give the hint a target_power"
            case .noMinimum: "the BMC tells no minimum to cap to; give the hint a target_power or the resource a floor"
            case .zero: "a cap of 0 W is refused: the control tells no minimum, and 0 turns many limits off"
            }
        }
    }

    /// - Parameters:
    ///   - demands: at least one; the lowest wins
    ///   - range: what the control tells of itself
    ///   - floor: the inventory's bound
    ///   - prior: the limit before any hold, which is never raised
    public static func resolve(
        _ demands: [Demand], range: PowerRange, floor: Watts?, prior: Watts?
    ) -> Result<Watts, Refusal> {
        var lowest: Watts?
        for demand in demands {
            let watts: Watts
            switch demand {
            case .cap(let target): watts = target
            case .capToShare(let share):
                guard let whole = range.maximum ?? prior else { return .failure(.noMaximum) }
                watts = whole.scaled(by: share)
            case .capToMinimum:
                guard let minimum = range.minimum ?? floor else { return .failure(.noMinimum) }
                watts = minimum
            case .suspended, .slowToShare, .mode: continue
            }
            lowest = lowest.map { min($0, watts) } ?? watts
        }
        guard let lowest else { return .failure(.noMinimum) }
        var whole = lowest.wholeWatts
        if let maximum = range.maximum { whole = min(whole, maximum.wholeWatts) }
        let bound = max(range.minimum ?? .zero, floor ?? .zero).wholeWattsRoundedUp
        whole = max(whole, bound)
        // A BMC that keeps limits in steps would round by itself, perhaps up, and what is read back be another value.
        if let step = range.increment?.wholeWatts, step > 1 {
            let down = whole / step * step
            let up = (bound + step - 1) / step * step
            // Where no step lies within the range, the value is left to the BMC.
            if down >= bound { whole = down } else if up <= range.maximum?.wholeWatts ?? .max { whole = up }
        }
        guard whole > 0 else { return .failure(.zero) }
        // A limit that was tighter before any hold stays as it is: shedding never lets more power through.
        if let prior, prior > .zero, prior < Watts(whole) { return .success(prior) }
        return .success(Watts(whole))
    }
}
