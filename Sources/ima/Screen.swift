import CommandLineTool
import Foundation
import Terminal

/// Where a command's answer goes: a person's terminal, or a file or program that gets plain lines.
enum Screen {
    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    static var style: Style {
        Style(isTerminal: isTerminal, environment: ProcessInfo.processInfo.environment)
    }

    /// What was printed is there, also in a pipe.
    static func flush() { fflush(nil) }

    /// Prints lines, through a pager where somebody looks at them and they do not fit.
    static func page(_ lines: [String]) {
        guard isTerminal, lines.count > height, let pager else {
            for line in lines { print(line) }
            return
        }
        fflush(nil)
        // What the pager does not want any more is not written.
        signal(SIGPIPE, SIG_IGN)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", pager]
        var environment = ProcessInfo.processInfo.environment
        if environment["LESS"] == nil { environment["LESS"] = "FRX" }
        process.environment = environment
        let pipe = Pipe()
        process.standardInput = pipe
        guard (try? process.run()) != nil else {
            for line in lines { print(line) }
            return
        }
        try? pipe.fileHandleForWriting.write(contentsOf: Data((lines.joined(separator: "\n") + "\n").utf8))
        try? pipe.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    /// `$PAGER`, else `less`; nil where it is set to nothing.
    private static var pager: String? {
        guard let named = ProcessInfo.processInfo.environment["PAGER"] else {
            let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(separator: ":")
            return folders.contains { FileManager.default.isExecutableFile(atPath: "\($0)/less") } ? "less" : nil
        }
        return named.isEmpty || named == "cat" ? nil : named
    }

    private static var height: Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 1 else { return 24 }
        return Int(size.ws_row) - 1
    }
}
