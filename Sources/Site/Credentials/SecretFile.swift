import Foundation

/// A file with a secret: a password, a private key, a token. Only its owner may read it.
public enum SecretFile {
    /// Why a secret cannot be used: the file, and what to do. Never what is in it.
    public struct Unusable: Error, Sendable, Hashable, CustomStringConvertible {
        public let path: String
        public let reason: String

        public var description: String { "\(path): \(reason)" }
    }

    /// - Throws: where the file cannot be read, is empty, or could be read by others
    public static func read(_ path: String) throws(Unusable) -> [UInt8] {
        if let reason = objection(to: path) { throw Unusable(path: path, reason: reason) }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Unusable(path: path, reason: "the secret cannot be read")
        }
        guard !data.isEmpty else { throw Unusable(path: path, reason: "the secret is empty") }
        return [UInt8](data)
    }

    /// The secret as text. One line end after it, of Unix or of Windows, is not part of it, nor is the byte order mark that
    /// some editors put before it.
    public static func text(_ path: String) throws(Unusable) -> String {
        var bytes = try read(path)[...]
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        if bytes.last == UInt8(ascii: "\n") {
            bytes = bytes.dropLast()
            if bytes.last == UInt8(ascii: "\r") { bytes = bytes.dropLast() }
        }
        guard !bytes.isEmpty else { throw Unusable(path: path, reason: "the secret is empty") }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What speaks against a file as the keeper of a secret; nil where nothing does.
    public static func objection(to path: String) -> String? {
        var status = stat()
        guard stat(path, &status) == 0 else { return "the secret cannot be read: \(String(cString: strerror(errno)))" }
        guard status.st_mode & S_IFMT == S_IFREG else { return "is no regular file, as a secret should be" }
        guard status.st_mode & 0o077 == 0 || isSystemdCredential(path) else {
            let mode = String(status.st_mode & 0o777, radix: 8)
            return "has mode 0\(mode), so that others can read the secret; chmod 600 it"
        }
        guard status.st_uid == geteuid() || status.st_uid == 0 || isSystemdCredential(path) else {
            return "belongs to another user (uid \(status.st_uid)), who can change the secret"
        }
        return FileManager.default.isReadableFile(atPath: path) ? nil : "the secret cannot be read"
    }

    /// systemd's own folder for credentials is closed to others, and its files show the mask of an ACL.
    private static func isSystemdCredential(_ path: String) -> Bool {
        guard let folder = ProcessInfo.processInfo.environment["CREDENTIALS_DIRECTORY"] else { return false }
        return path.hasPrefix(folder + "/")
    }
}
