/// Why a message does not keep to the contract: where, what stands there, and what should.
public struct EventDecodingError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The JSON path, such as `$.shed_hints[3].target_power.unit`.
    public let path: String
    /// What is wrong there, as the end of a sentence: `is not a UUID`.
    public let problem: String
    /// The value found, shortened; nil where there is none.
    public let value: String?

    public init(path: String, problem: String, value: String? = nil) {
        self.path = path
        self.problem = problem
        self.value = value
    }

    public var description: String { "\(path) \(problem)" + (value.map { " (got \($0))" } ?? "") }
}
