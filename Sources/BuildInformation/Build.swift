import CBuild

/// Which program this is.
public enum Build {
    public static let version = "1.0.0"

    /// The first characters of the commit, with a + where files differed from it; empty where it is not known.
    public static let commit = String(cString: ima_build_commit())

    /// For `--version`.
    public static var text: String { commit.isEmpty ? version : "\(version) (\(commit))" }
}
