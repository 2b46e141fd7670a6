/// The end of a command that did not go well, in words for the user.
public struct Failure: Error {
    /// One line a mistake.
    public let message: String
    /// 1: negative result. 2: wrong usage or unreadable input.
    public let code: Int32

    public init(_ message: String, code: Int32 = 1) {
        self.message = message
        self.code = code
    }
}
