import Foundation
import Synchronization

/// A line on standard error that says how far a long command has come; nothing where that is no terminal.
public final class ProgressBar: Sendable {
    private let isTerminal = isatty(2) == 1
    private let width = Mutex(0)

    public init() {}

    /// - Parameter words: what stands behind the bar; how many of how many where it is nil
    public func show(_ done: Int, of total: Int, _ words: String? = nil) {
        guard isTerminal, total > 0 else { return }
        let filled = done * 30 / total
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: 30 - filled)
        // Blanks over what was longer before.
        write("\r[\(bar)] \((words ?? "\(done) of \(total)").padding(toLength: 48, withPad: " ", startingAt: 0))")
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
