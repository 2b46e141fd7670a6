/// Gathers mistakes while files are read. Used by one reader at a time, never shared.
public final class ProblemCollector {
    public private(set) var all: [Problem] = []
    /// What can be used and is still likely to be a mistake, or weakens the agent.
    public private(set) var warnings: [Problem] = []
    private var objections: [String: String?] = [:]

    /// Whether files with keys, certificates and secrets must be there, as they must for an agent that is to run.
    public let checksFiles: Bool

    public init(checksFiles: Bool = true) { self.checksFiles = checksFiles }

    public func add(_ problem: Problem) { all.append(problem) }

    public func warn(_ problem: Problem) { warnings.append(problem) }

    /// - Throws: ``Problems`` where anything was found
    public func throwIfAny() throws {
        if !all.isEmpty { throw Problems(all) }
    }

    /// What speaks against a file, found out once however often the file is named.
    func objection(to path: String, _ examine: (String) -> String?) -> String? {
        if let known = objections[path] { return known }
        let objection = examine(path)
        objections[path] = .some(objection)
        return objection
    }
}
