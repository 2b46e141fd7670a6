public import Foundation
import Synchronization

/// A program that a test starts and ends, by its own id.
public final class ChildProcess: Sendable {
    public struct DidNotStart: Error, CustomStringConvertible { public let description: String }

    public let id: pid_t
    /// What it writes to standard output and standard error.
    public let log: String

    public init(_ path: String, _ arguments: [String], log: String, environment: [String: String] = [:]) throws {
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw DidNotStart(description: "\(path): no such program")
        }
        if !FileManager.default.fileExists(atPath: log) {
            _ = FileManager.default.createFile(atPath: log, contents: nil)
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        let output = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
        try output.seekToEnd()
        process.standardOutput = output
        process.standardError = output
        // A child inherits the thread's mask, and the threads of Swift's pool block the signals that are to end it.
        var none = sigset_t()
        var before = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try process.run()
        id = process.processIdentifier
        self.log = log
    }

    deinit { if isRunning { kill(id, SIGKILL) } }

    public var isRunning: Bool { kill(id, 0) == 0 }
    public var output: String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }

    public func send(_ signal: Int32) { kill(id, signal) }

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
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let (stdin, stdout, stderr) = (Pipe(), Pipe(), Pipe())
        process.standardInput = stdin
        process.standardOutput = stdout
        process.standardError = stderr
        try process.run()
        stdin.fileHandleForWriting.write(Data(input.utf8))
        try stdin.fileHandleForWriting.close()
        let output = stdout.fileHandleForReading.readDataToEndOfFile()
        let errors = stderr.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (
            process.terminationStatus, String(decoding: output, as: UTF8.self), String(decoding: errors, as: UTF8.self)
        )
    }
}
