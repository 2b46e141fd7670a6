import StrictJSON

/// One way in which BMCs offer a power limit: how to find it in a document, and what to send.
protocol PowerLimitDialect: Sendable {
    /// The name under which journals keep it; never changes.
    static var name: String { get }

    /// What the document says of the limit; nil where it holds none that can be used.
    static func reading(in document: JSONValue, member: String?) -> LimitReading?

    /// The body of a PATCH that sets the limit, given what the document shows now.
    static func body(settingWatts watts: Int, in document: JSONValue, member: String?) -> JSONValue

    /// The body of a PATCH that puts a prior fragment back, given what the document shows now.
    static func body(restoring fragment: JSONValue, in document: JSONValue, member: String?) -> JSONValue
}

/// All dialects, in the order in which a chassis is searched for them.
enum PowerLimitDialects {
    static let inOrder: [any PowerLimitDialect.Type] = [
        ChassisControl.self, EnvironmentMetricsLimit.self, PowerControlLimit.self,
    ]

    static func named(_ name: String) -> (any PowerLimitDialect.Type)? { inOrder.first { $0.name == name } }
}
