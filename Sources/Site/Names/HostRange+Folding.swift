extension HostRange {
    /// More digits than a number of a range is taken for; a serial number with more stays as it is.
    private static let maximumDigits = 15

    /// Few texts for many names, such that ``expand(_:)`` gives the names again: `dgx-a07-[01-18]-gpu[0-7]`.
    ///
    /// - Parameter names: in any order; a repeated one counts once
    /// - Returns: in the order in which the first name of each came
    public static func fold(_ names: some Sequence<String>) -> [String] {
        var shapes: [[String]: [Folding.Name]] = [:]
        var order: [(place: Int, text: String)] = []
        var seen: Set<String> = []
        for (place, name) in names.enumerated() where seen.insert(name).inserted {
            // A bracket in a name would be read as a range's.
            guard !name.contains(where: { $0 == "[" || $0 == "]" }) else {
                order.append((place, name))
                continue
            }
            let (texts, digits) = Self.parts(name)
            if digits.isEmpty {
                order.append((place, name))
            } else {
                shapes[texts, default: []].append(Folding.Name(place: place, numbers: digits.map { [$0] }))
            }
        }
        for (texts, names) in shapes {
            for folded in Folding.fold(names) {
                let brackets = folded.numbers.map(Folding.text) + [""]
                order.append((folded.place, zip(texts, brackets).map { $0 + $1 }.joined()))
            }
        }
        return order.sorted { $0.place < $1.place }.map(\.text)
    }

    /// Many names in one text, for a line of print.
    ///
    /// - Parameter most: how many folded texts are told; the rest is counted
    public static func list(_ names: some Sequence<String>, most: Int = 8) -> String {
        let folded = fold(names)
        guard folded.count > most else { return folded.joined(separator: ", ") }
        return folded.prefix(most).joined(separator: ", ") + " and \(folded.count - most) more"
    }

    /// What is between the numbers of a name, one more than there are numbers; and the numbers.
    private static func parts(_ name: String) -> (texts: [String], digits: [String]) {
        var texts = [""]
        var digits: [String] = []
        var rest = Substring(name)
        while let first = rest.first {
            let run = rest.prefix { Self.isDigit($0) == Self.isDigit(first) }
            if Self.isDigit(first), run.utf8.count <= maximumDigits {
                digits.append(String(run))
                texts.append("")
            } else {
                texts[texts.count - 1] += run
            }
            rest = rest.dropFirst(run.count)
        }
        return (texts, digits)
    }

    private static func isDigit(_ character: Character) -> Bool { character.isASCII && character.isNumber }
}
