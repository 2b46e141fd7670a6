/// Gathers mistakes while files are read. Used by one reader at a time, never shared.
public final class ProblemCollector {
    public private(set) var all: [Problem] = []

    public init() {}

    public func add(_ problem: Problem) { all.append(problem) }

    /// - Throws: ``Problems`` where anything was found
    public func throwIfAny() throws {
        if !all.isEmpty { throw Problems(all) }
    }
}
