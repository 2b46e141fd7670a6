public import Foundation
import Logging

/// What reads standard error.
public enum LogDestination: Sendable, Hashable {
    /// A terminal, a file, a pipe: lines begin with the time and the level.
    case plain
    /// systemd's journal, which has a time of its own and takes the level from a prefix (sd-daemon(3): `<3>` is an error).
    case journal

    /// The journal where systemd connected this descriptor to it, as `JOURNAL_STREAM` says by device and inode
    /// (systemd.exec(5)): a child's redirected output is none.
    public static func current(
        descriptor: Int32 = 2, environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> LogDestination {
        guard let inode = environment["JOURNAL_STREAM"]?.split(separator: ":").last,
            let file = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(descriptor)")
        else { return .plain }
        // The journal is a socket, and all sockets are of one device.
        return file == "socket:[\(inode)]" ? .journal : .plain
    }

    /// Priorities as syslog(3) numbers them.
    static func priority(_ level: Logger.Level) -> Int {
        switch level {
        case .critical: 2
        case .error: 3
        case .warning: 4
        case .notice: 5
        case .info: 6
        case .debug, .trace: 7
        }
    }
}
