import Settings

/// The names of feeds that an inventory uses, to find one that is likely misspelt: an alert of the real feed would pass
/// those resources by.
struct FeedNames {
    private var settings: [String: Setting] = [:]
    private var counts: [String: Int] = [:]
    /// The places that were noted: GPUs of a range of nodes are read once a node.
    private var places: Set<String> = []

    /// Notes the feeds of one entry.
    mutating func add(_ feeds: Setting?) {
        guard let feeds, places.insert("\(feeds.file):\(feeds.line ?? 0):\(feeds.key)").inserted else { return }
        for setting in feeds.isList ? feeds.elements() : [feeds] {
            guard let name = setting.string() else { continue }
            counts[name, default: 0] += 1
            settings[name] = settings[name] ?? setting
        }
    }

    /// Warns of each name that stands in one entry only and is nearly another.
    func warn() {
        let names = counts.keys.sorted()
        for name in names where counts[name] == 1 {
            let others = names.filter { other in
                // Of two that are equally rare, the later one is told.
                other != name && (counts[other, default: 0] > 1 || other < name) && Self.isLikelyMeant(name, other)
            }
            guard let other = others.max(by: { counts[$0, default: 0] < counts[$1, default: 0] }) else { continue }
            settings[name]?.warn("the feed \"\(name)\" stands here only; is \"\(other)\" meant?")
        }
    }

    /// Whether one is nearly the other, and not just the next of a row, such as `main-a` and `main-b`.
    static func isLikelyMeant(_ name: String, _ other: String) -> Bool {
        if name.lowercased() == other.lowercased() { return true }
        let (one, two) = (parts(name), parts(other))
        let isOfARow =
            one.count == two.count
            && zip(one, two).allSatisfy { left, right in
                left == right || isCounter(left) && isCounter(right)
            }
        let limit = min(name.count, other.count) >= 6 ? 2 : 1
        return !isOfARow && EditDistance.between(name, other) <= limit
    }

    /// Letters, digits and what is between them, each apart.
    private static func parts(_ name: String) -> [String] {
        var parts: [String] = []
        var last = -1
        for character in name {
            let kind = character.isLetter ? 0 : character.isNumber ? 1 : 2
            if kind == last { parts[parts.count - 1].append(character) } else { parts.append(String(character)) }
            last = kind
        }
        return parts
    }

    private static func isCounter(_ part: String) -> Bool {
        part.allSatisfy(\.isNumber) || part.count <= 2 && part.allSatisfy(\.isLetter)
    }
}
