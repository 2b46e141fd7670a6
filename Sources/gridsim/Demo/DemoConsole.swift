import Foundation

/// The demonstration's output: a story with progress bars on a terminal, plain lines anywhere else.
struct DemoConsole {
    let isTerminal = isatty(STDOUT_FILENO) == 1
    private let start = ContinuousClock.now

    func heading(_ text: String) {
        say(isTerminal ? "\n\u{1B}[1m\(text)\u{1B}[0m" : text)
    }

    func line(_ text: String) {
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        say(String(format: "%6.2fs  ", seconds) + text)
    }

    func plain(_ text: String) { say(text) }

    /// What somebody types, and what is printed then.
    func typed(_ command: [String], at prompt: String, output: String) {
        plain("\(prompt)$ ima \(command.joined(separator: " "))")
        for line in output.split(separator: "\n", omittingEmptySubsequences: false).dropLast() { plain("  \(line)") }
    }

    /// A bar that is drawn over itself; nothing where there is no terminal.
    func progress(_ label: String, _ done: Int, _ total: Int) {
        guard isTerminal else { return }
        let width = 30
        let filled = total == 0 ? width : done * width / total
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled)
        FileHandle.standardOutput.write(Data("\r         \(label)  [\(bar)] \(done)/\(total) ".utf8))
    }

    func endProgress() {
        if isTerminal { FileHandle.standardOutput.write(Data("\r\u{1B}[K".utf8)) }
    }

    private func say(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }
}
