/// Spreads that differ by control and are the same in every run: what a random draw would do for a fleet, in a form
/// that a test can repeat.
enum Jitter {
    /// From 0 up to, not including, 1.
    static func fraction(of key: ControlKey, turn: Int = 0) -> Double {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in key.description.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        hash = (hash ^ UInt64(truncatingIfNeeded: turn)) &* 0x9E37_79B9_7F4A_7C15
        hash ^= hash >> 29
        return Double(hash >> 11) / Double(1 << 53)
    }
}
