/// Base64url without padding (RFC 7515, appendix C), strict: one byte string has exactly one spelling.
public enum Base64URL {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    private static let values: [UInt8] = {
        var table = [UInt8](repeating: 0xFF, count: 256)
        for (value, character) in alphabet.enumerated() { table[Int(character)] = UInt8(value) }
        return table
    }()

    public static func encode(_ bytes: some Collection<UInt8>) -> String {
        var output: [UInt8] = []
        output.reserveCapacity((bytes.count * 4 + 2) / 3)
        var pending: UInt32 = 0
        var bits = 0
        for byte in bytes {
            pending = pending << 8 | UInt32(byte)
            bits += 8
            while bits >= 6 {
                bits -= 6
                output.append(alphabet[Int(pending >> UInt32(bits) & 0x3F)])
            }
            pending &= (1 << UInt32(bits)) - 1
        }
        if bits > 0 { output.append(alphabet[Int(pending << UInt32(6 - bits) & 0x3F)]) }
        return String(decoding: output, as: UTF8.self)
    }

    /// - Returns: nil for padding, white space, any other character, an impossible length, or trailing bits that are
    ///   not zero.
    public static func decode(_ text: some StringProtocol) -> [UInt8]? {
        decode(text.utf8)
    }

    /// The same, of a text's bytes.
    public static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        let decoded = text.withContiguousStorageIfAvailable { decode($0) }
        return decoded ?? Array(text).withUnsafeBufferPointer { decode($0) }
    }

    private static func decode(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        let table = values
        var isSound = text.count % 4 != 1
        let output = [UInt8](unsafeUninitializedCapacity: text.count * 3 / 4 + 1) { buffer, length in
            var pending: UInt32 = 0
            var bits: UInt32 = 0
            for character in text {
                let value = table[Int(character)]
                guard value != 0xFF else {
                    isSound = false
                    return
                }
                pending = pending << 6 | UInt32(value)
                bits += 6
                if bits >= 8 {
                    bits -= 8
                    buffer[length] = UInt8(truncatingIfNeeded: pending >> bits)
                    length += 1
                    pending &= (1 << bits) - 1
                }
            }
            if pending != 0 { isSound = false }
        }
        return isSound ? output : nil
    }
}
