import Foundation

/// Noise that is the same in each run: a number from -1 to 1 for a seed and a moment.
enum Wander {
    /// Slow and smooth, as a workload wanders over seconds.
    ///
    /// - Parameter seconds: on the fleet's clock
    static func slow(_ seed: UInt64, at seconds: Double) -> Double {
        let (a, b) = (unit(mixed(seed)), unit(mixed(seed &+ 1)))
        return 0.6 * sin(2 * .pi * (seconds / 17 + a)) + 0.4 * sin(2 * .pi * (seconds / 5.3 + b))
    }

    /// Different with each count, as one sample of a meter is from the next.
    static func sample(_ seed: UInt64, _ count: Int64) -> Double {
        2 * unit(mixed(seed ^ UInt64(bitPattern: count) &* 0x9E37_79B9_7F4A_7C15)) - 1
    }

    private static func unit(_ bits: UInt64) -> Double { Double(bits >> 11) / 9_007_199_254_740_992 }

    /// SplitMix64's finisher.
    private static func mixed(_ value: UInt64) -> UInt64 {
        var bits = value &+ 0x9E37_79B9_7F4A_7C15
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }
}
