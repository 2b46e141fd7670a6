extension ResourceSelection {
    /// Everything of a selection that means nothing at the site, at once.
    public struct Unknown: Error, Sendable, Hashable, CustomStringConvertible {
        /// Names of which the site has no resource, group, feed or BMC.
        public var names: [String] = []
        public var feeds: [String] = []
        public var bmcs: [String] = []
        /// Ranges that are none, with the reason.
        public var malformed: [String] = []

        public var isEmpty: Bool { names.isEmpty && feeds.isEmpty && bmcs.isEmpty && malformed.isEmpty }

        public var description: String {
            func quoted(_ names: [String]) -> String {
                HostRange.fold(names).map { "\"\($0)\"" }.joined(separator: ", ")
            }
            var parts: [String] = []
            if !names.isEmpty { parts.append("the inventory has no \(quoted(names))") }
            if !feeds.isEmpty { parts.append("the inventory has no feed \(quoted(feeds))") }
            if !bmcs.isEmpty { parts.append("the inventory has no BMC \(quoted(bmcs))") }
            return (malformed + parts).joined(separator: "; ")
        }
    }
}
