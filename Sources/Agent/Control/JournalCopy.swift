import Journal

/// The journal as a file to take away, for `ima backup`.
public enum JournalCopy {
    /// - Throws: an error that names the file and what to do
    public static func make(of configuration: AgentConfiguration, to path: String) throws {
        try JournalDatabase.copy(configuration.journal, to: path)
    }
}
