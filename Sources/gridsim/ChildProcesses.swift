import CommandLineTool
import Foundation
import Synchronization

/// The programs that a command has started, which end with it.
final class ChildProcesses: Sendable {
    private let folder: URL
    private let running = Mutex<[(name: String, id: pid_t)]>([])
    /// Those whose end is no mishap.
    private let passing = Mutex<Set<pid_t>>([])
    /// Of those that have ended.
    private let statuses = Mutex<[pid_t: Int32]>([:])

    /// - Parameter folder: where each child's standard error goes, as `NAME.log`
    init(logsIn folder: URL) { self.folder = folder }

    /// - Parameters:
    ///   - input: what the child reads; nothing where it is nil
    ///   - output: where the child's standard output goes; nowhere where it is nil
    ///   - logsOutput: whether it goes into the log instead
    ///   - ends: whether it is to end by itself
    @discardableResult
    func launch(
        _ name: String, _ path: String, _ arguments: [String], input: Pipe? = nil, output: Pipe? = nil,
        logsOutput: Bool = false, ends: Bool = false
    ) throws -> pid_t {
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw Failure("\(path): no such program; build or install it first", code: 2)
        }
        let log = folder.appendingPathComponent("\(name).log")
        if !FileManager.default.fileExists(atPath: log.path) {
            _ = FileManager.default.createFile(atPath: log.path, contents: nil)
        }
        let errors = try FileHandle(forWritingTo: log)
        try errors.seekToEnd()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.standardInput = input ?? FileHandle.nullDevice
        process.standardOutput = logsOutput ? errors : output ?? FileHandle.nullDevice
        process.standardError = errors
        // A child inherits the thread's mask, and the threads of Swift's pool block the signals that are to end it.
        var none = sigset_t()
        var before = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        process.terminationHandler = { [weak self] process in
            self?.statuses.withLock { $0[process.processIdentifier] = process.terminationStatus }
        }
        try process.run()
        let id = process.processIdentifier
        running.withLock { $0.append((name, id)) }
        if ends { passing.withLock { _ = $0.insert(id) } }
        return id
    }

    /// The name of a child that has ended by itself.
    var firstEnded: String? {
        let passing = passing.withLock { $0 }
        return running.withLock { $0 }.first { !passing.contains($0.id) && !Self.isRunning($0.id) }?.name
    }

    /// The newest child of a name.
    func id(of name: String) -> pid_t? { running.withLock { $0 }.last { $0.name == name }?.id }

    /// The exit status of a child that has ended; nil while it runs.
    func status(of id: pid_t) -> Int32? { statuses.withLock { $0[id] } }

    /// Asks one child to come to its end, where it still runs.
    func interrupt(_ id: pid_t) { if status(of: id) == nil { Foundation.kill(id, SIGINT) } }

    /// Ends one child without a word.
    func kill(_ id: pid_t) {
        running.withLock { $0.removeAll { $0.id == id } }
        Foundation.kill(id, SIGKILL)
    }

    /// Ends one child, by force where it does not go within ten seconds.
    func end(_ id: pid_t) async {
        running.withLock { $0.removeAll { $0.id == id } }
        guard Self.isRunning(id) else { return }
        Foundation.kill(id, SIGTERM)
        let limit = ContinuousClock.now + .seconds(10)
        while Self.isRunning(id), ContinuousClock.now < limit { try? await Task.sleep(for: .milliseconds(20)) }
        if Self.isRunning(id) { Foundation.kill(id, SIGKILL) }
    }

    func endAll() async {
        for (_, id) in running.withLock({ $0 }).reversed() { await end(id) }
    }

    func log(of name: String) -> String {
        (try? String(contentsOf: folder.appendingPathComponent("\(name).log"), encoding: .utf8)) ?? ""
    }

    /// How long a log is, in bytes.
    func logLength(of name: String) -> Int { log(of: name).utf8.count }

    /// What stands in a log behind so many bytes.
    func log(of name: String, after bytes: Int) -> String {
        String(decoding: log(of: name).utf8.dropFirst(bytes), as: UTF8.self)
    }

    func lastWords(of name: String) -> String { log(of: name).split(separator: "\n").suffix(3).joined(separator: "\n") }

    static func isRunning(_ id: pid_t) -> Bool { Foundation.kill(id, 0) == 0 }

    /// The program of this package that lies beside this one.
    static func sibling(_ name: String) -> String {
        URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
            .appendingPathComponent(name).path
    }

    static var mosquitto: String {
        let places = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/usr/bin/mosquitto"]
        return places.first { FileManager.default.isExecutableFile(atPath: $0) } ?? places[0]
    }
}
