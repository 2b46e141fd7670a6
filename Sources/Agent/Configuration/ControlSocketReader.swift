import Foundation
import Settings

/// Reads `control:`, a path or a mapping of path and group.
public enum ControlSocketReader {
    static let keys = ["path", "group"]

    static func read(_ setting: Setting, checksPlaces: Bool) -> AgentConfiguration.ControlSocket? {
        guard setting.isMapping else {
            return setting.pathToBe(isSocket: true, checks: checksPlaces).map { .init(path: $0) }
        }
        let members = setting.members(keys)
        guard let path = members.required("path", of: setting)?.pathToBe(isSocket: true, checks: checksPlaces) else {
            return nil
        }
        guard let group = members["group"], let name = group.nonEmptyString() else { return .init(path: path) }
        guard let id = groupID(name) else {
            if checksPlaces { group.note("is no group of this machine") }
            return .init(path: path, group: name)
        }
        return .init(path: path, group: name, groupID: id)
    }

    /// The path that `control:` of a file names, whatever else is wrong with the file; nil where even that cannot be told.
    ///
    /// For commands that an operator needs most when a configuration is broken.
    public static func path(inBroken file: String, environment: [String: String]) -> String? {
        let problems = ProblemCollector()
        if let whole = SettingsFile.load(file, environment: environment, problems: problems),
            let control = whole.isMapping ? whole.members(["control"])["control"] : nil
        {
            return read(control, checksPlaces: false)?.path
        }
        // Not even YAML: the lines from `control:` on that belong to it.
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { return nil }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard let start = lines.firstIndex(where: { $0.hasPrefix("control:") }) else { return nil }
        let rest = lines[(start + 1)...].prefix { $0.hasPrefix(" ") }
        let part = ([lines[start]] + rest).joined(separator: "\n")
        return SettingsFile.parse(part, file: file, environment: environment, problems: problems)
            .flatMap { $0.members(["control"])["control"] }
            .flatMap { read($0, checksPlaces: false)?.path }
    }

    private static func groupID(_ name: String) -> UInt32? {
        var entry = group()
        var found: UnsafeMutablePointer<group>?
        var buffer = [CChar](repeating: 0, count: 65_536)
        guard getgrnam_r(name, &entry, &buffer, buffer.count, &found) == 0, found != nil else {
            return UInt32(name)
        }
        return entry.gr_gid
    }
}
