/// Host ranges in the notation of powerman and Slurm: `dgx-[01-18]` is eighteen names, `[1,3,5-7]` five.
///
/// Leading zeros of a bound set the width. Several brackets in one text multiply, the last one fastest. A bracket that
/// holds anything but digits, commas and dashes is text, so that an IPv6 address stays one, and may hold ranges itself:
/// `https://[fd00:10:20:7::[11-13]]`. A range's numbers are decimal there too, and stand in the address as they are.
public enum HostRange {
    public struct SyntaxError: Error, Sendable, Hashable, CustomStringConvertible {
        public let description: String
    }

    /// More names than any one entry can mean.
    static let maximumCount = 100_000
    /// More bytes than all names of one entry have.
    static let maximumBytes = 16 << 20
    /// More digits than any name has.
    static let maximumWidth = 20

    /// - Throws: ``SyntaxError``
    public static func expand(_ text: String) throws -> [String] {
        var results = [""]
        var rest = Substring(text)
        while let open = rest.firstIndex(of: "[") {
            guard let close = rest[open...].firstIndex(of: "]") else {
                throw SyntaxError(description: "a [ without its ]")
            }
            // The bracket around an IPv6 address in which a range stands is text.
            if let inner = rest[rest.index(after: open)..<close].firstIndex(of: "[") {
                let prefix = rest[..<inner]
                results = results.map { $0 + prefix }
                rest = rest[inner...]
                continue
            }
            let content = rest[rest.index(after: open)..<close]
            let isRange =
                !content.isEmpty && content.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2C || $0 == 0x2D }
            let choices = isRange ? try numbers(content) : ["[\(content)]"]
            guard results.count * choices.count <= maximumCount else {
                throw SyntaxError(description: "more than \(maximumCount) names")
            }
            guard results.count * choices.count * text.utf8.count <= maximumBytes else {
                throw SyntaxError(description: "more than \(maximumBytes >> 20) MiB of names")
            }
            let prefix = rest[..<open]
            results = results.flatMap { result in choices.map { result + prefix + $0 } }
            rest = rest[rest.index(after: close)...]
        }
        return results.map { $0 + rest }
    }

    private static func numbers(_ content: Substring) throws -> [String] {
        var numbers: [String] = []
        for part in content.split(separator: ",", omittingEmptySubsequences: false) {
            let bounds = part.split(separator: "-", omittingEmptySubsequences: false)
            guard (1...2).contains(bounds.count), let first = bounds.first, let last = bounds.last,
                let low = Int(first), let high = Int(last)
            else { throw SyntaxError(description: "[\(content)] is no range") }
            guard low <= high else { throw SyntaxError(description: "[\(content)] runs backwards") }
            guard high - low < maximumCount - numbers.count else {
                throw SyntaxError(description: "more than \(maximumCount) names")
            }
            guard first.utf8.count <= maximumWidth else {
                throw SyntaxError(description: "a number of more than \(maximumWidth) digits")
            }
            let width = first.hasPrefix("0") || first.count == last.count ? first.count : 0
            for number in low...high {
                let text = String(number)
                numbers.append(String(repeating: "0", count: max(0, width - text.count)) + text)
            }
        }
        return numbers
    }
}
