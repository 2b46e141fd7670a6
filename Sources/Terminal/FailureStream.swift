import Site

/// Failures as a long look finds them: the first of a cause at once, what follows of the same cause gathered for a moment.
public struct FailureStream: Sendable {
    /// So often what was gathered is told.
    public static let period = Duration.seconds(2)

    private struct Gathered {
        var names: [String] = []
        var bmcs: Set<String> = []
    }

    private var seen: Set<String> = []
    private var waiting: [String: Gathered] = [:]
    private var lastFlush: Duration = .zero

    public init() {}

    /// - Parameters:
    ///   - cause: in words, the same for the same
    ///   - time: since the look began
    /// - Returns: the lines to tell now
    public mutating func add(_ name: String, bmc: String, cause: String, at time: Duration) -> [String] {
        if seen.insert(cause).inserted { return [Line.fit("NO  \(name) (\(bmc)): \(cause)")] + flush(at: time) }
        waiting[cause, default: Gathered()].names.append(name)
        waiting[cause, default: Gathered()].bmcs.insert(bmc)
        return flush(at: time)
    }

    /// What was gathered long enough, or all of it at the end.
    public mutating func flush(at time: Duration, isEnd: Bool = false) -> [String] {
        guard isEnd || time - lastFlush >= Self.period else { return [] }
        lastFlush = time
        defer { waiting = [:] }
        return waiting.sorted { ($1.value.names.count, $0.key) < ($0.value.names.count, $1.key) }.map { cause, more in
            Line.fit(
                "NO  \(NameList.text(more.names, width: 50)) (\(NameList.text(more.bmcs.sorted(), width: 40))), the same: \(cause)"
            )
        }
    }

    /// `120 of 1000 probed, about 2m10s left`
    public static func progress(_ done: Int, of total: Int, after time: Duration) -> String {
        let text = "\(done) of \(total) probed"
        guard done > 0, done < total else { return text }
        // What is slow comes last, so that this is the least.
        let left = (time / .seconds(1)) / Double(done) * Double(total - done)
        return "\(text), about \(Line.age(left.rounded(.up))) left"
    }
}
