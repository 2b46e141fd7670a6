/// Who gave a command, and why.
public struct CommandAuthor: Sendable, Hashable {
    /// The user's name, or its number where it has none; nil where the agent itself had to.
    public var user: String?
    /// In the operator's words.
    public var reason: String?

    public init(user: String?, reason: String? = nil) {
        self.user = user
        self.reason = reason
    }
}
