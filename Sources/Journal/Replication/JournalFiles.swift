import Foundation

/// A journal's files: itself, and what SQLite keeps beside it.
public enum JournalFiles {
    private static let companions = ["", "-wal", "-shm"]

    /// Renames a journal that nobody has open, with what belongs to it. What is there under the new name is never
    /// overwritten.
    ///
    /// - Throws: ``JournalError``
    public static func move(_ path: String, to target: String) throws {
        do {
            for companion in companions where FileManager.default.fileExists(atPath: path + companion) {
                try FileManager.default.moveItem(atPath: path + companion, toPath: target + companion)
            }
        } catch {
            throw JournalError(path: path, reason: "cannot be moved to \(target): \(error.localizedDescription)")
        }
    }

    /// Removes a journal that nobody has open.
    public static func remove(_ path: String) {
        for companion in companions { try? FileManager.default.removeItem(atPath: path + companion) }
    }

    /// Has a file's name, and what it was renamed from, survive the loss of power.
    public static func sync(_ path: String) {
        for path in [path, (path as NSString).deletingLastPathComponent] {
            let descriptor = open(path.isEmpty ? "." : path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { continue }
            fsync(descriptor)
            close(descriptor)
        }
    }
}
