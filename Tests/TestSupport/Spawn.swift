import Foundation
import Synchronization

/// Starts programs by `posix_spawn`.
///
/// Not Foundation's `Process`: it copies the names in `/proc/self/fd` past the end of the buffer that they were read
/// into, and so dies once a test has a thousand descriptors open.
enum Spawn {
    private static let turn = Mutex(())
    private static let highestDescriptor: Int32 = 8192

    /// Where a child's standard input, output and errors go.
    struct Streams {
        let input: Int32
        let output: Int32
        let errors: Int32
    }

    /// - Returns: the child's id; whoever gets it has to wait for it
    static func start(
        _ path: String, _ arguments: [String], environment: [String: String], streams: Streams
    ) throws -> pid_t {
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw ChildProcess.DidNotStart(description: "\(path): no such program")
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, streams.input, 0)
        posix_spawn_file_actions_adddup2(&actions, streams.output, 1)
        posix_spawn_file_actions_adddup2(&actions, streams.errors, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A child inherits the thread's mask, and the threads of Swift's pool block the signals that are to end it.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        let all = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        var words = ([path] + arguments).map { strdup($0) } + [nil]
        var variables = all.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in words + variables { free(pointer) } }
        var id: pid_t = 0
        let code = turn.withLock { _ in
            // Whatever a library has left open to children would live on in them.
            for descriptor in 3..<highestDescriptor { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
            return posix_spawn(&id, path, &actions, &attributes, &words, &variables)
        }
        guard code == 0 else {
            throw ChildProcess.DidNotStart(description: "\(path): \(String(cString: strerror(code)))")
        }
        return id
    }

    /// Both ends of a pipe: where to read, and where to write.
    static func pipe() throws -> (reading: Int32, writing: Int32) {
        var ends: [Int32] = [0, 0]
        // Not between the making of a pipe and its being closed to children: one of another test would hold it open.
        let code = turn.withLock { _ in
            let code = Foundation.pipe(&ends)
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            return code
        }
        guard code == 0 else {
            throw ChildProcess.DidNotStart(description: "no pipe: \(String(cString: strerror(errno)))")
        }
        return (ends[0], ends[1])
    }

    /// The exit status as shells count it: past 128 for the signal that ended it.
    static func status(_ raw: Int32) -> Int32 { raw & 0x7F == 0 ? raw >> 8 & 0xFF : 128 + raw & 0x7F }
}
