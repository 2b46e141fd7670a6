/// A UUID by its text, in the lower-case spelling of RFC 9562 section 4; input is accepted in any case.
public struct UUIDText: Sendable, Hashable, Comparable, CustomStringConvertible {
    public let text: String

    /// - Returns: nil where the text is not 8-4-4-4-12 hexadecimal digits.
    public init?(_ text: String) {
        let groups = text.split(separator: "-", omittingEmptySubsequences: false)
        guard groups.map(\.utf8.count) == [8, 4, 4, 4, 12],
            groups.allSatisfy({ $0.utf8.allSatisfy(Self.isHexDigit) })
        else { return nil }
        self.text = text.lowercased()
    }

    /// A version 4 UUID made of 16 bytes that the caller drew at random.
    public init(randomBytes bytes: some Sequence<UInt8>) {
        var octets = Array(bytes.prefix(16))
        while octets.count < 16 { octets.append(0) }
        octets[6] = octets[6] & 0x0F | 0x40
        octets[8] = octets[8] & 0x3F | 0x80
        var text = ""
        for (index, octet) in octets.enumerated() {
            if [4, 6, 8, 10].contains(index) { text += "-" }
            if octet < 16 { text += "0" }
            text += String(octet, radix: 16)
        }
        self.text = text
    }

    public static func < (left: UUIDText, right: UUIDText) -> Bool { left.text < right.text }

    public var description: String { text }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
    }
}
