/// The members of a mapping that passed the check for unknown keys. One without a value was noted as a problem: it is
/// neither among them nor missing.
public struct Members {
    let values: [String: Setting]
    /// Keys that are written and have no value.
    let valueless: Set<String>

    public subscript(key: String) -> Setting? { values[key] }

    /// Whether one of these keys is written without a value, which is noted already.
    public func hasValueless(_ keys: [String]) -> Bool { keys.contains(where: valueless.contains) }

    /// The member, or a problem noted at its parent where it is absent.
    public func required(_ key: String, of parent: Setting) -> Setting? {
        if let value = values[key] { return value }
        if valueless.contains(key) { return nil }
        parent.problems.add(
            Problem(
                file: parent.file, line: parent.line, key: parent.key.isEmpty ? key : "\(parent.key).\(key)",
                message: "is missing"))
        return nil
    }
}
