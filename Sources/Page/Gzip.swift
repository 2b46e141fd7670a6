/// Compresses what goes to browsers (RFC 1951 and 1952).
///
/// Own code, since no library that the project names does it: libcurl only decompresses, OpenSSL is built without, and zlib's
/// headers would be one more package to install. Fixed codes and one candidate for a match: a page of cells becomes a tenth,
/// in a few milliseconds.
public enum Gzip {
    public static func compress(_ input: [UInt8]) -> [UInt8] {
        var output: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF]
        output.reserveCapacity(input.count / 6 + 64)
        var bits = BitWriter()
        swap(&bits.bytes, &output)
        deflate(input, &bits)
        bits.align()
        output = bits.bytes
        append(crc32(input), to: &output)
        append(UInt32(truncatingIfNeeded: input.count), to: &output)
        return output
    }

    private static func append(_ word: UInt32, to output: inout [UInt8]) {
        for shift in stride(from: 0, to: 32, by: 8) { output.append(UInt8(truncatingIfNeeded: word >> UInt32(shift))) }
    }

    // MARK: Matches

    private static let window = 32_768
    private static let longest = 258
    private static let shortest = 4

    private static func deflate(_ input: [UInt8], _ bits: inout BitWriter) {
        // One block, the last, with fixed codes.
        bits.put(0b011, 3)
        var recent = [Int32](repeating: -1, count: 1 << 15)
        input.withUnsafeBufferPointer { input in
            var place = 0
            while place < input.count {
                var length = 0
                var distance = 0
                if place + shortest <= input.count {
                    let slot = hash(input, place)
                    let before = Int(recent[slot])
                    recent[slot] = Int32(truncatingIfNeeded: place)
                    if before >= 0, place - before <= window {
                        length = matching(input, before, place)
                        distance = place - before
                    }
                }
                if length >= shortest {
                    put(length: length, distance: distance, &bits)
                    // What lies in the match is remembered as well, every other byte.
                    var inner = place + 1
                    while inner + shortest <= min(place + length, input.count) {
                        recent[hash(input, inner)] = Int32(truncatingIfNeeded: inner)
                        inner += 2
                    }
                    place += length
                } else {
                    put(literal: Int(input[place]), &bits)
                    place += 1
                }
            }
        }
        put(literal: 256, &bits)
    }

    private static func hash(_ input: UnsafeBufferPointer<UInt8>, _ place: Int) -> Int {
        let word =
            UInt32(input[place]) | UInt32(input[place + 1]) << 8 | UInt32(input[place + 2]) << 16
            | UInt32(input[place + 3]) << 24
        return Int((word &* 2_654_435_761) >> 17)
    }

    private static func matching(_ input: UnsafeBufferPointer<UInt8>, _ before: Int, _ place: Int) -> Int {
        let most = min(longest, input.count - place)
        var length = 0
        while length < most, input[before + length] == input[place + length] { length += 1 }
        return length
    }

    // MARK: Codes

    /// RFC 1951, 3.2.6.
    private static func put(literal: Int, _ bits: inout BitWriter) {
        switch literal {
        case 0...143: bits.putReversed(0x30 + literal, 8)
        case 144...255: bits.putReversed(0x190 + literal - 144, 9)
        case 256...279: bits.putReversed(literal - 256, 7)
        default: bits.putReversed(0xC0 + literal - 280, 8)
        }
    }

    /// Of RFC 1951, 3.2.5: the first length or distance of each code.
    private static let lengths = [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227,
        258,
    ]
    private static let distances = [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
        6145,
        8193, 12_289, 16_385, 24_577,
    ]

    private static func code(_ value: Int, _ starts: [Int]) -> Int {
        var (low, high) = (0, starts.count - 1)
        while low < high {
            let middle = (low + high + 1) / 2
            if starts[middle] <= value { low = middle } else { high = middle - 1 }
        }
        return low
    }

    private static func put(length: Int, distance: Int, _ bits: inout BitWriter) {
        let lengthCode = code(length, lengths)
        put(literal: 257 + lengthCode, &bits)
        if lengthCode >= 8, lengthCode < 28 { bits.put(length - lengths[lengthCode], (lengthCode - 4) / 4) }
        let distanceCode = code(distance, distances)
        bits.putReversed(distanceCode, 5)
        if distanceCode >= 4 { bits.put(distance - distances[distanceCode], (distanceCode - 2) / 2) }
    }

    // MARK: Bits

    private struct BitWriter {
        var bytes: [UInt8] = []
        private var pending: UInt64 = 0
        private var count = 0

        /// The lowest bit first.
        mutating func put(_ value: Int, _ width: Int) {
            pending |= UInt64(value) << UInt64(count)
            count += width
            while count >= 8 {
                bytes.append(UInt8(truncatingIfNeeded: pending))
                pending >>= 8
                count -= 8
            }
        }

        /// The highest bit first, as codes are.
        mutating func putReversed(_ value: Int, _ width: Int) {
            var (value, reversed) = (value, 0)
            for _ in 0..<width {
                reversed = reversed << 1 | value & 1
                value >>= 1
            }
            put(reversed, width)
        }

        mutating func align() { if count > 0 { put(0, 8 - count) } }
    }

    // MARK: Checksum

    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
    }

    static func crc32(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~UInt32(0)) { table[Int(truncatingIfNeeded: $0 ^ UInt32($1)) & 0xFF] ^ $0 >> 8 }
    }
}
