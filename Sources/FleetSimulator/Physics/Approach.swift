import Foundation

/// A value on its way to another one as a first-order system goes there: after one lag 63 % of the way is done, after five
/// more than 99 %.
struct Approach: Sendable, Hashable {
    /// Where it was when the way began.
    var from: Double
    var to: Double

    init(from: Double, to: Double) {
        self.from = from
        self.to = to
    }

    /// One that has arrived.
    init(at value: Double) { self.init(from: value, to: value) }

    /// - Parameters:
    ///   - seconds: since the way began; never negative
    ///   - lag: the time constant in seconds; 0 arrives at once
    func value(after seconds: Double, lag: Double) -> Double {
        lag > 0 ? to + (from - to) * exp(-seconds / lag) : to
    }

    /// The area under it over the first seconds of the way.
    func integral(over seconds: Double, lag: Double) -> Double {
        guard lag > 0 else { return to * seconds }
        return to * seconds + (from - to) * lag * (1 - exp(-seconds / lag))
    }

    /// The area under the lower of two that began together: they cross once at most.
    static func integralOfLower(_ a: Approach, _ b: Approach, over seconds: Double, lag: Double) -> Double {
        func area(_ one: Approach) -> Double { one.integral(over: seconds, lag: lag) }
        // The difference is p + q * e^(-t/lag).
        let p = a.to - b.to
        let q = (a.from - a.to) - (b.from - b.to)
        let isALowerFirst = p + q < 0 || (p + q == 0 && p < 0)
        let (first, second) = isALowerFirst ? (a, b) : (b, a)
        let ratio = q == 0 ? 0 : -p / q
        guard lag > 0, ratio > 0, ratio < 1 else { return lag > 0 ? area(first) : min(area(a), area(b)) }
        let crossing = -lag * log(ratio)
        guard crossing < seconds else { return area(first) }
        return first.integral(over: crossing, lag: lag) + area(second) - second.integral(over: crossing, lag: lag)
    }
}
