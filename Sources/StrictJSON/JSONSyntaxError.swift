/// Why a text is not the one JSON value it should be, and at which byte.
public struct JSONSyntaxError: Error, Sendable, Hashable, CustomStringConvertible {
    public let reason: String
    /// The byte offset, from 0, at which reading stopped.
    public let offset: Int

    public var description: String { "not JSON: \(reason) at byte \(offset)" }
}
