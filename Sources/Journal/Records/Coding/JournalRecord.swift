/// What a row of the journal holds: a kind of its own, with a version in each row.
///
/// The version is raised when a field comes to mean something else; the readers of all earlier versions stay. A field
/// that is added, and may be absent, raises nothing.
protocol JournalRecord: RecordFields {
    /// For error messages.
    static var kind: String { get }
    static var version: Int { get }
}
