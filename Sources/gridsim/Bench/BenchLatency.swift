import ArgumentParser

/// How long answers take, in milliseconds: `200` for all of them, or `50-400`, most of them near the lower end.
struct BenchLatency: ExpressibleByArgument, CustomStringConvertible, Sendable {
    var least = 0
    var most = 0

    init() {}

    /// - Returns: nil unless it is one number or a range that rises, up to a minute.
    init?(argument: String) {
        let ends = argument.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        guard (1...2).contains(ends.count), let first = ends.first, let last = ends.last, let first, let last,
            first >= 0, last >= first, last <= 60_000
        else { return nil }
        least = first
        most = last
    }

    var description: String { least == most ? "\(least)" : "\(least)-\(most)" }
}
