import Foundation
import GRDB

extension JournalDatabase {
    /// Copies a journal to a new file, whole and consistent, also while an agent uses it.
    ///
    /// - Throws: ``JournalError``, also where the target exists: a copy overwrites nothing
    public static func copy(_ path: String, to target: String) throws {
        guard !FileManager.default.fileExists(atPath: target) else {
            throw JournalError(path: target, reason: "copy is not written: the file exists")
        }
        do {
            let source = try openToRead(path)
            guard FileManager.default.createFile(atPath: target, contents: nil, attributes: [.posixPermissions: 0o600])
            else { throw JournalError(path: target, reason: "copy cannot be created") }
            do {
                let copy = try DatabaseQueue(path: target)
                try source.backup(to: copy)
                try copy.close()
            } catch {
                try? FileManager.default.removeItem(atPath: target)
                throw error
            }
        } catch let error as JournalError {
            throw error
        } catch {
            throw JournalError(path: path, reason: "cannot be copied to \(target): \(reason(error))")
        }
    }
}
