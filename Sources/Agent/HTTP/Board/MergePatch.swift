import StrictJSON

extension JSONValue {
    /// What makes this of an earlier value, as a JSON Merge Patch (RFC 7396); nil where nothing differs.
    ///
    /// A member that became null is told as removed, since a merge patch cannot say anything else of it.
    func mergePatch(from earlier: JSONValue) -> JSONValue? {
        guard case .object(let new) = self, case .object(let old) = earlier else {
            // A `nil` beside a value would be JSON's null.
            return self == earlier ? JSONValue?.none : .some(self)
        }
        var patch = JSONObject()
        for member in new {
            guard let before = old[member.key] else {
                patch[member.key] = member.value
                continue
            }
            if let change = member.value.mergePatch(from: before) { patch[member.key] = change }
        }
        for key in old.keys where new[key] == nil { patch[key] = .null }
        return patch.isEmpty ? JSONValue?.none : .some(.object(patch))
    }
}
