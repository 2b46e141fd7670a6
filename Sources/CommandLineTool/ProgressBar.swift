import Foundation
import Synchronization

/// A line on standard error that says how far a long command has come; nothing where that is no terminal.
public final class ProgressBar: Sendable {
    private let isTerminal = isatty(2) == 1
    private let width = Mutex(0)

    public init() {}

    public func show(_ done: Int, of total: Int) {
        guard isTerminal, total > 0 else { return }
        let filled = done * 30 / total
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: 30 - filled)
        write("\r[\(bar)] \(done) of \(total)")
    }

    /// Leaves the line as if nothing had been there.
    public func clear() {
        guard isTerminal else { return }
        write("\r" + String(repeating: " ", count: width.withLock { $0 }) + "\r")
    }

    private func write(_ text: String) {
        width.withLock { $0 = max($0, text.count) }
        FileHandle.standardError.write(Data(text.utf8))
    }
}
