import Foundation

/// Reads a file that a user named, with a reason in plain words where that does not work.
public enum RegularFile {
    public struct Unusable: Error, Sendable, Hashable {
        public let reason: String
    }

    /// Nothing that is read here is longer.
    private static let maximumBytes = 64 << 20

    public static func read(_ path: String) -> Result<[UInt8], Unusable> {
        var status = stat()
        guard stat(path, &status) == 0 else {
            return .failure(Unusable(reason: "cannot be read: \(String(cString: strerror(errno)).lowercased())"))
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: return .failure(Unusable(reason: "is a directory, where a file is wanted"))
        default: return .failure(Unusable(reason: "is no regular file"))
        }
        guard status.st_size <= maximumBytes else { return .failure(Unusable(reason: "is longer than 64 MiB")) }
        guard let data = FileManager.default.contents(atPath: path) else {
            return .failure(Unusable(reason: "cannot be read"))
        }
        return .success([UInt8](data))
    }
}
