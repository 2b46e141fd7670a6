/// The log of several agents, as the one that leads writes it.
public protocol ChangeLog: AnyObject, Sendable {
    /// Appends what a transaction changed, before it is committed here. Waits on the caller's thread until the log has
    /// it, for as long as this agent leads.
    ///
    /// - Parameter changes: for ``JournalDatabase/apply(_:)``
    /// - Returns: where a file with these changes is
    /// - Throws: where the log does not have them and never will, or this agent does not lead any more
    func append(_ changes: [UInt8]) throws -> JournalPosition

    /// Whether this agent still leads, so that what the log has taken must come into this file.
    var isOpen: Bool { get }

    /// Lets what waits for the log fail from now on: the process is about to end.
    func giveUp()
}
