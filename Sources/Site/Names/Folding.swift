/// Names of one shape on their way into ranges: what differs is their numbers alone.
enum Folding {
    struct Name {
        /// Where the first of them stood.
        var place: Int
        /// At each number's place, those that it may be.
        var numbers: [[String]]
    }

    /// Joins what differs in one place only, beginning with the last: GPUs of a node before nodes of a rack.
    static func fold(_ names: [Name]) -> [Name] {
        guard let width = names.first?.numbers.count else { return [] }
        var folded = names
        for place in (0..<width).reversed() {
            var groups: [[[String]]: Int] = [:]
            var joined: [Name] = []
            for name in folded {
                var others = name.numbers
                others[place] = []
                if let known = groups[others] {
                    joined[known].numbers[place] += name.numbers[place]
                    joined[known].place = min(joined[known].place, name.place)
                } else {
                    groups[others] = joined.count
                    joined.append(name)
                }
            }
            // One spelling for one set, so that equal sets are found to be equal at the next place.
            for index in joined.indices { joined[index].numbers[place].sort(by: isBefore) }
            folded = joined
        }
        return folded
    }

    /// `07` for one number, `[01-18]`, `[1,3-5]` for several.
    static func text(_ numbers: [String]) -> String {
        guard numbers.count > 1 else { return numbers.first ?? "" }
        var rest = Set(numbers)
        var runs: [String] = []
        for first in numbers where rest.remove(first) != nil {
            var last = first
            while let next = successor(of: last, sized: first), rest.remove(next) != nil { last = next }
            runs.append(first == last ? first : "\(first)-\(last)")
        }
        return "[\(runs.joined(separator: ","))]"
    }

    private static func isBefore(_ one: String, _ other: String) -> Bool {
        let (left, right) = (Int(one) ?? 0, Int(other) ?? 0)
        return left == right ? one.utf8.count < other.utf8.count : left < right
    }

    /// What follows in a range that begins with a number: leading zeros of that set the width.
    private static func successor(of number: String, sized first: String) -> String? {
        guard let value = Int(number) else { return nil }
        let next = String(value + 1)
        let width = first.hasPrefix("0") ? first.utf8.count : 0
        return String(repeating: "0", count: max(0, width - next.utf8.count)) + next
    }
}
