import Foundation

/// A file that this program is to make or to go on writing, and whether that can work.
public enum PathToBe {
    /// What speaks against a path as that of a file to write; nil where nothing does.
    ///
    /// - Parameter isSocket: for a Unix socket, whose path has to fit into 107 bytes
    public static func objection(to path: String, isSocket: Bool = false) -> String? {
        // sun_path has 108 bytes with the NUL at its end.
        if isSocket, path.utf8.count > 107 {
            return "is \(path.utf8.count) bytes long, and a socket's path may have 107; choose a shorter one"
        }
        var status = stat()
        if stat(path, &status) == 0 {
            switch status.st_mode & S_IFMT {
            case S_IFDIR: return "is a directory, where a file is wanted"
            case S_IFREG where isSocket: return "is a file and no socket; remove it, or choose another path"
            case S_IFREG where access(path, W_OK) != 0: return "cannot be written by this user"
            case S_IFREG: break
            case S_IFSOCK where isSocket: break
            default: return isSocket ? "is no socket" : "is no regular file"
            }
        } else if errno == ENOTDIR {
            return "lies below something that is no folder"
        }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        guard stat(folder, &status) == 0 else {
            if isMadeBySystemd(folder) { return nil }
            return "cannot be made: the folder \(folder) does not exist; make it first"
        }
        guard status.st_mode & S_IFMT == S_IFDIR else { return "cannot be made: \(folder) is no folder" }
        return access(folder, W_OK | X_OK) == 0 ? nil : "cannot be made: this user may not write into \(folder)"
    }

    /// `StateDirectory=` and `RuntimeDirectory=` make these when the service starts, so that they may be missing before.
    private static func isMadeBySystemd(_ folder: String) -> Bool {
        ["/run", "/var/lib"].contains(URL(fileURLWithPath: folder).deletingLastPathComponent().path)
    }
}

extension Setting {
    /// The path of a file to write, or of a socket to make.
    ///
    /// - Parameter checks: whether it must be possible from here, by this user
    public func pathToBe(isSocket: Bool = false, checks: Bool) -> String? {
        guard let path = path() else { return nil }
        guard checks, let objection = PathToBe.objection(to: path, isSocket: isSocket) else { return path }
        return fail("\(path): \(objection)", showingValue: false)
    }
}
