import Foundation

/// A file that a command makes: whole, of its user alone, and never in the place of another.
public enum NewFile {
    public struct Failed: Error, CustomStringConvertible {
        public let description: String
    }

    /// Makes the file and the folders above it that are missing (mode 0700); where it fails, none of them stays.
    public static func write(_ text: String, to path: String) throws(Failed) {
        let folders = try makeFolders(above: path)
        let descriptor = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            let reason =
                errno == EEXIST ? "exists already, and is not overwritten" : "cannot be created: \(words(errno))"
            remove(folders)
            throw Failed(description: "\(path): \(reason)")
        }
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                bytes = bytes.dropFirst(count)
            } else if errno != EINTR {
                break
            }
        }
        let code = errno
        let isClosed = fsync(descriptor) == 0 || errno == EINVAL
        close(descriptor)
        guard bytes.isEmpty, isClosed else {
            unlink(path)
            remove(folders)
            throw Failed(description: "\(path): cannot be written: \(words(code))")
        }
    }

    /// - Returns: those that were made, innermost first
    private static func makeFolders(above path: String) throws(Failed) -> [String] {
        var missing: [String] = []
        var folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        while !FileManager.default.fileExists(atPath: folder.path), folder.path != "/" {
            missing.append(folder.path)
            folder = folder.deletingLastPathComponent()
        }
        for (index, folder) in missing.enumerated().reversed() where mkdir(folder, 0o700) != 0 {
            let code = errno
            remove(Array(missing[(index + 1)...]))
            throw Failed(description: "\(path): the folder \(folder) cannot be made: \(words(code))")
        }
        return missing
    }

    private static func remove(_ folders: [String]) { for folder in folders { rmdir(folder) } }

    private static func words(_ code: Int32) -> String { String(cString: strerror(code)) }
}
