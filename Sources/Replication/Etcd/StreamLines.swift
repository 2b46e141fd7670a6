/// The lines of a stream that comes in pieces.
struct StreamLines {
    struct TooLong: Error {}

    private let longest: Int
    private var rest: [UInt8] = []

    init(longest: Int) { self.longest = longest }

    /// - Returns: the lines that are complete with it, without empty ones
    /// - Throws: ``TooLong``
    mutating func add(_ bytes: [UInt8]) throws -> [[UInt8]] {
        let newline = UInt8(ascii: "\n")
        guard let last = bytes.lastIndex(of: newline) else {
            guard rest.count + bytes.count <= longest else { throw TooLong() }
            rest += bytes
            return []
        }
        let lines = (rest + bytes[..<last]).split(separator: newline)
        rest = Array(bytes[(last + 1)...])
        guard rest.count <= longest, lines.allSatisfy({ $0.count <= longest }) else { throw TooLong() }
        return lines.map(Array.init)
    }
}
