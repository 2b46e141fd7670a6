import Foundation

/// Files by which an agent is steered, and which everybody on this machine may change.
public enum WritableByAll {
    /// Warns of a file with such a mode.
    ///
    /// - Parameters:
    ///   - path: the file; one that is not there is somebody else's affair
    ///   - setting: where it is named
    ///   - consequence: what somebody could do with it
    public static func warn(of path: String, at setting: Setting, _ consequence: String) {
        guard setting.problems.checksFiles else { return }
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & 0o002 != 0 else { return }
        let mode = String(status.st_mode & 0o777, radix: 8)
        setting.warn("\(path): has mode 0\(mode), so that everybody on this machine \(consequence); chmod o-w it")
    }
}
