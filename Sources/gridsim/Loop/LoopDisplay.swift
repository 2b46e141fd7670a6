import Foundation
import GridSimulator
import PowerEvents
import Synchronization

/// Shows the loop while it runs: on a terminal bars that are drawn over themselves and a line for each event, elsewhere lines.
final class LoopDisplay: Sendable {
    private let isTerminal: Bool
    private let isQuiet: Bool
    private let start = ContinuousClock.now
    private struct State {
        var bars = 0
        var marks = 0
    }
    private let state = Mutex(State())

    /// - Parameter isQuiet: for output that a program reads
    init(isQuiet: Bool) {
        self.isQuiet = isQuiet
        isTerminal = !isQuiet && isatty(STDOUT_FILENO) == 1
    }

    func say(_ text: String) {
        guard !isQuiet else { return }
        state.withLock { state in
            clear(&state)
            write(String(format: "%6.1fs  ", (ContinuousClock.now - start).seconds) + text + "\n")
        }
    }

    /// The newest of everything, and one bar a feed.
    func show(_ record: LoopRecord) {
        guard !isQuiet else { return }
        state.withLock { state in
            let new = record.marks.dropFirst(state.marks).filter { $0.kind != .incident }
            if !new.isEmpty { clear(&state) }
            for mark in new {
                write(String(format: "%6.1fs  ", mark.t) + (mark.feed.map { "\($0): " } ?? "") + mark.label + "\n")
            }
            state.marks = record.marks.count
            guard isTerminal else { return }
            clear(&state)
            let lines = record.feeds.compactMap { bar($0, record) }
            write(lines.map { $0 + "\n" }.joined())
            state.bars = lines.count
        }
    }

    private func bar(_ feed: String, _ record: LoopRecord) -> String? {
        let samples = record.samples.filter { $0.feed == feed }
        guard let last = samples.last else { return nil }
        let width = 50
        let most = max(samples.map { max($0.watts, $0.target ?? 0) }.max() ?? 1, 1)
        var cells = Array(repeating: "·", count: width + 1)
        for index in 0..<min(width, Int(last.watts / most * Double(width))) { cells[index] = "█" }
        if let target = last.target { cells[min(width, Int(target / most * Double(width)))] = "┃" }
        let caps = record.caps.last { $0.feed == feed }?.count ?? 0
        let isOver = last.target.map { last.watts > $0 } ?? false
        let colour = isOver ? "\u{1B}[31m" : "\u{1B}[32m"
        return String(format: "%6.1fs  ", last.t) + feed + " " + colour + cells.joined() + "\u{1B}[0m"
            + String(format: " %.1f kW", last.watts / 1000)
            + (last.target.map { String(format: " of %.1f", $0 / 1000) } ?? "") + (caps > 0 ? ", \(caps) caps" : "")
    }

    private func clear(_ state: inout State) {
        guard isTerminal, state.bars > 0 else { return }
        write("\u{1B}[\(state.bars)A\u{1B}[J")
        state.bars = 0
    }

    private func write(_ text: String) { FileHandle.standardOutput.write(Data(text.utf8)) }
}
