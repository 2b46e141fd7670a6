import Testing

@testable import Page

struct GzipTests {
    /// Reads what fixed codes and stored lengths of RFC 1951 make up; enough for what ``Gzip`` writes.
    private struct Inflater {
        let bytes: [UInt8]
        var place = 80

        mutating func bit() -> Int {
            defer { place += 1 }
            return place / 8 < bytes.count ? Int(bytes[place / 8] >> UInt8(place % 8)) & 1 : 0
        }

        mutating func bits(_ count: Int) -> Int { (0..<count).reduce(0) { $0 | bit() << $1 } }

        mutating func symbol() -> Int {
            var code = 0
            for _ in 0..<7 { code = code << 1 | bit() }
            if code <= 0x17 { return 256 + code }
            code = code << 1 | bit()
            if (0x30...0xBF).contains(code) { return code - 0x30 }
            if (0xC0...0xC7).contains(code) { return 280 + code - 0xC0 }
            return 144 + (code << 1 | bit()) - 0x190
        }

        mutating func inflate() -> [UInt8]? {
            guard bits(3) == 0b011 else { return nil }
            var output: [UInt8] = []
            while place / 8 < bytes.count {
                let symbol = symbol()
                if symbol < 256 {
                    output.append(UInt8(symbol))
                } else if symbol == 256 {
                    return output
                } else {
                    let index = symbol - 257
                    let extra = index < 8 || index == 28 ? 0 : (index - 4) / 4
                    let length =
                        index == 28 ? 258 : index < 8 ? index + 3 : (4 + (index - 8) % 4) << extra + 3 + bits(extra)
                    let code = (0..<5).reduce(0) { value, _ in value << 1 | bit() }
                    let more = code < 4 ? 0 : (code - 2) / 2
                    let distance = code < 4 ? code + 1 : (2 + code % 2) << more + 1 + bits(more)
                    guard distance <= output.count else { return nil }
                    for _ in 0..<length { output.append(output[output.count - distance]) }
                }
            }
            return nil
        }
    }

    private static func check(_ input: [UInt8]) {
        let compressed = Gzip.compress(input)
        #expect(Array(compressed.prefix(3)) == [0x1F, 0x8B, 8])
        var inflater = Inflater(bytes: compressed)
        #expect(inflater.inflate() == input, "\(input.count) bytes")
        let length = compressed.suffix(4).enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
        #expect(length == input.count)
    }

    @Test func whatIsCompressedComesBack() {
        Self.check([])
        Self.check([7])
        Self.check(Array("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa".utf8))
        Self.check(Array(repeating: 0, count: 100_000))
        Self.check((0..<70_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) })
        Self.check(Array((0..<5000).map { "<a class=\"cell\" data-node=\"dgx-\($0)\"></a>" }.joined().utf8))
        var seed: UInt32 = 1
        Self.check(
            (0..<50_000).map { _ in
                seed = seed &* 1_664_525 &+ 1_013_904_223
                return UInt8(truncatingIfNeeded: seed >> 24)
            })
    }

    @Test func aPageOfCellsBecomesMuchSmaller() {
        let page = Array(
            (0..<10_000).map { "<a class=\"cell s-enforceable\" data-node=\"dgx-\($0)\"></a>" }.joined().utf8)
        #expect(Gzip.compress(page).count * 5 < page.count)
    }

    /// Of the nine digits, as every description of it has it.
    @Test func theChecksumIsTheUsualOne() { #expect(Gzip.crc32(Array("123456789".utf8)) == 0xCBF4_3926) }
}
