/// The members of a mapping that passed the check for unknown keys; a key without a value counts as absent.
public struct Members {
    let values: [String: Setting]

    public subscript(key: String) -> Setting? { values[key] }

    /// The member, or a problem noted at its parent where it is absent.
    public func required(_ key: String, of parent: Setting) -> Setting? {
        if let value = values[key] { return value }
        parent.problems.add(
            Problem(
                file: parent.file, line: parent.line, key: parent.key.isEmpty ? key : "\(parent.key).\(key)",
                message: "is missing"))
        return nil
    }
}
