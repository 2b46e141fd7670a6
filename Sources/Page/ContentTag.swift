/// Tells two contents apart, for ETag and for cached files. Not meant to withstand anybody who wants two alike.
public enum ContentTag {
    /// FNV-1a, 64 bits, in hexadecimal.
    public static func of(_ bytes: some Sequence<UInt8>) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        let text = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }
}
