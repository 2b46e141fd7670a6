import Foundation

/// An advisory lock on a file beside the journal: two agents with one journal would each undo the other's work.
final class ProcessLock: Sendable {
    private let descriptor: Int32

    init(path: String, of journal: String) throws {
        let descriptor = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw JournalError(path: journal, reason: "cannot be opened: \(String(cString: strerror(errno)))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let reason = errno == EWOULDBLOCK ? "is in use by another process" : String(cString: strerror(errno))
            Foundation.close(descriptor)
            throw JournalError(path: journal, reason: reason)
        }
        self.descriptor = descriptor
    }

    /// Lets another process, or another opening in this one, have the journal.
    func release() { flock(descriptor, LOCK_UN) }

    deinit { Foundation.close(descriptor) }
}
