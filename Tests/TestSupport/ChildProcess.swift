public import Foundation
import Synchronization

/// A program that a test starts and ends, by its own id.
public final class ChildProcess: Sendable {
    public struct DidNotStart: Error, CustomStringConvertible { public let description: String }

    public let id: pid_t
    /// What it writes to standard output and standard error.
    public let log: String

    /// Whether it has ended, and its status by then; it is waited for exactly once.
    private let ended = Mutex<Int32?>(nil)

    public init(_ path: String, _ arguments: [String], log: String, environment: [String: String] = [:]) throws {
        let nothing = open("/dev/null", O_RDONLY | O_CLOEXEC)
        let output = open(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        defer {
            close(nothing)
            close(output)
        }
        id = try Spawn.start(
            path, arguments, environment: environment, streams: .init(input: nothing, output: output, errors: output))
        self.log = log
    }

    deinit {
        if isRunning {
            kill(id, SIGKILL)
            var raw: Int32 = 0
            waitpid(id, &raw, 0)
        }
    }

    public var isRunning: Bool {
        ended.withLock { ended in
            if ended != nil { return false }
            var raw: Int32 = 0
            guard waitpid(id, &raw, WNOHANG) == id else { return true }
            ended = Spawn.status(raw)
            return false
        }
    }

    public var output: String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }

    /// Sends a signal, unless it has ended: its id may be somebody else's then.
    public func send(_ signal: Int32) { if isRunning { kill(id, signal) } }

    /// Sends a signal and waits until the process is gone; kills it after ten seconds.
    public func end(_ signal: Int32 = SIGTERM) async {
        send(signal)
        let limit = ContinuousClock.now + .seconds(10)
        while isRunning, ContinuousClock.now < limit { try? await Task.sleep(for: .milliseconds(20)) }
        if isRunning { send(SIGKILL) }
        while isRunning { try? await Task.sleep(for: .milliseconds(20)) }
    }

    /// Runs a program to its end. - Returns: its exit status, and what it wrote
    public static func run(
        _ path: String, _ arguments: [String], input: String = "", environment: [String: String] = [:]
    ) throws -> (status: Int32, output: String, errors: String) {
        let (toChild, output, errors) = (try Spawn.pipe(), try Spawn.pipe(), try Spawn.pipe())
        let id: pid_t
        do {
            defer { for end in [toChild.reading, output.writing, errors.writing] { close(end) } }
            id = try Spawn.start(
                path, arguments, environment: environment,
                streams: .init(input: toChild.reading, output: output.writing, errors: errors.writing))
        }
        let writer = FileHandle(fileDescriptor: toChild.writing, closeOnDealloc: false)
        try? writer.write(contentsOf: Data(input.utf8))
        close(toChild.writing)
        let said = FileHandle(fileDescriptor: output.reading, closeOnDealloc: true).readDataToEndOfFile()
        let complained = FileHandle(fileDescriptor: errors.reading, closeOnDealloc: true).readDataToEndOfFile()
        var raw: Int32 = 0
        while waitpid(id, &raw, 0) < 0, errno == EINTR {}
        return (Spawn.status(raw), String(decoding: said, as: UTF8.self), String(decoding: complained, as: UTF8.self))
    }
}
