import Foundation

/// What a reload of the configuration changed, or would change; or why it changed nothing.
public struct ReloadReply: Codable, Sendable, Hashable {
    /// One key of the configuration with another value.
    public struct Key: Codable, Sendable, Hashable {
        /// Such as `enforcement.hold_down`.
        public var key: String
        /// Values as the agent understood them.
        public var from: String
        public var to: String

        public init(key: String, from: String, to: String) {
            self.key = key
            self.from = from
            self.to = to
        }
    }

    /// What came, went, or is another one now.
    public struct Set: Codable, Sendable, Hashable {
        public var added: [String]
        public var removed: [String]
        public var changed: [String]

        public init(added: [String] = [], removed: [String] = [], changed: [String] = []) {
            self.added = added
            self.removed = removed
            self.changed = changed
        }

        public var isEmpty: Bool { added.isEmpty && removed.isEmpty && changed.isEmpty }
    }

    /// Whether it is in force: not with ``errors``, and not for a dry run.
    public var applied = false
    public var dryRun = false
    /// How many configurations were in force so far, this one included. 1 is the start's.
    public var generation = 1
    /// In force with the reload.
    public var changed: [Key] = []
    /// In force after a restart only; told again each time until there was one.
    public var needsRestart: [Key] = []
    public var resources = Set()
    public var groups = Set()
    /// Of alerts.
    public var sources = Set()
    public var credentials = Set()
    /// Certificates, keys and secrets whose content is another one, by their paths.
    public var files: [String] = []
    public var warnings: [String] = []
    /// Each with file and line. Not empty: the old configuration stays as it was.
    public var errors: [String] = []

    enum CodingKeys: String, CodingKey {
        case applied
        case dryRun = "dry_run"
        case generation, changed
        case needsRestart = "needs_restart"
        case resources, groups, sources, credentials, files, warnings, errors
    }

    public init() {}

    public var isEmpty: Bool {
        changed.isEmpty && needsRestart.isEmpty && resources.isEmpty && groups.isEmpty && sources.isEmpty
            && credentials.isEmpty && files.isEmpty
    }
}

extension ReloadReply {
    /// - Throws: a `DecodingError`
    public init(json: [UInt8]) throws { self = try JSONDecoder().decode(Self.self, from: Data(json)) }

    public var json: String { APIText.encode(self) }

    /// Names of one kind that a line holds; `--json` has all.
    private static let namesPerLine = 40

    /// What changed, a line each, without what needs a restart.
    public var changes: [String] {
        var lines = changed.map { "\($0.key): \($0.from) -> \($0.to)" }
        for (name, set) in [
            ("resources", resources), ("groups", groups), ("sources", sources), ("credentials", credentials),
        ] {
            for (verb, names) in [("added", set.added), ("removed", set.removed), ("changed", set.changed)]
            where !names.isEmpty {
                let shown = names.prefix(Self.namesPerLine).joined(separator: ", ")
                let rest = names.count > Self.namesPerLine ? " and \(names.count - Self.namesPerLine) more" : ""
                lines.append("\(name) \(verb): \(shown)\(rest)")
            }
        }
        return lines + files.map { "file changed: \($0)" }
    }

    public var restarts: [String] { needsRestart.map { "\($0.key): \($0.from) -> \($0.to)" } }

    /// Changes and mistakes that ``summary`` tells of.
    private static let maximumInSummary = 20

    /// One line for the history: what came into force, or why nothing did.
    public var summary: String {
        if let first = errors.first {
            let rest = errors.count > 1 ? " (and \(errors.count - 1) more)" : ""
            return "refused, generation \(generation) stays in force: \(first)\(rest)"
        }
        let all = changes + (needsRestart.isEmpty ? [] : ["after a restart \(restarts.joined(separator: ", "))"])
        let rest = all.count > Self.maximumInSummary ? ["and \(all.count - Self.maximumInSummary) more"] : []
        let told = (all.prefix(Self.maximumInSummary) + rest).joined(separator: "; ")
        return "generation \(generation) is in force: \(told.isEmpty ? "nothing had changed" : told)"
    }

    /// The answer for people.
    public var lines: [String] {
        if !errors.isEmpty { return errors + ["nothing was changed; generation \(generation) stays in force"] }
        var lines = [
            dryRun
                ? "this would be generation \(generation)" + (isEmpty ? "; nothing has changed" : ":")
                : "generation \(generation) is in force" + (isEmpty ? "; nothing had changed" : ":")
        ]
        lines += changes.map { "  \($0)" }
        if !needsRestart.isEmpty {
            lines.append("needs a restart, and is not in force before it:")
            lines += restarts.map { "  \($0)" }
        }
        lines += warnings.map { "warning: \($0)" }
        if !dryRun { lines.append("holds stay as they are; the new rules count from the next alert or release") }
        return lines
    }
}
