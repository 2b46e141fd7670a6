/// The names that were seen last, up to a bound.
struct RecentNames: Sendable {
    /// More than a participant sends in a month of one target an hour.
    private static let bound = 4096
    private(set) var names: [String] = []
    private var known: Set<String> = []

    init(_ names: [String] = []) { for name in names { add(name) } }

    func contains(_ name: String) -> Bool { known.contains(name) }

    mutating func add(_ name: String) {
        guard known.insert(name).inserted else { return }
        names.append(name)
        guard names.count > Self.bound else { return }
        // A quarter at once, so that not every new name moves all others.
        for old in names.prefix(Self.bound / 4) { known.remove(old) }
        names.removeFirst(Self.bound / 4)
    }
}
