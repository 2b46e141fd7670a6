import CommandLineTool
import Foundation
import StrictJSON

/// The fleet of a benchmark, in processes of its own, so that what the agent takes can be told apart.
actor BenchFleet {
    /// When each BMC was first written, and when that was read back; 0 is never. Nanoseconds of the monotonic clock.
    struct Timings: Sendable {
        var writes: [UInt64] = []
        var readBacks: [UInt64] = []
        var requests = 0
    }

    private struct Process {
        let id: pid_t
        let input: FileHandle
        let output: FileHandle
        var unread = Data()
    }

    private var processes: [Process] = []
    private let children: ChildProcesses

    /// Starts the processes and waits until all BMCs listen.
    init(inventory: URL, processes count: Int, children: ChildProcesses) async throws {
        self.children = children
        for part in 0..<count {
            let (input, output) = (Pipe(), Pipe())
            let id = try children.launch(
                "fleet-\(part)", ChildProcesses.sibling("gridsim"),
                ["bench-fleet", "--inventory", inventory.path, "--part", "\(part)", "--of", "\(count)"],
                input: input, output: output)
            processes.append(
                Process(id: id, input: input.fileHandleForWriting, output: output.fileHandleForReading))
            // The first one makes the authority that the others use too.
            if part == 0 { _ = try answer(of: 0) }
        }
        for part in processes.indices.dropFirst() { _ = try answer(of: part) }
    }

    func restore() throws { try order("restore") }
    func forget() throws { try order("forget") }
    func drop() throws { try order("drop") }
    func set(latency: BenchLatency) throws { try order("latency \(latency.least) \(latency.most)") }
    func set(handshakeMilliseconds value: Int) throws { try order("handshake \(value)") }
    func set(hungPercent percent: Int) throws { try order("hang \(percent)") }

    func timings() throws -> Timings {
        try send("report")
        var all = Timings()
        for part in processes.indices {
            let json = try JSONValue(
                parsing: Data(try answer(of: part).utf8), limits: JSONLimits(depth: 4))
            all.writes += (json["writes"]?.array ?? []).map { UInt64($0.number?.int ?? 0) }
            all.readBacks += (json["read_backs"]?.array ?? []).map { UInt64($0.number?.int ?? 0) }
            all.requests += json["requests"]?.number?.int ?? 0
        }
        return all
    }

    func stop() async {
        for process in processes {
            try? process.input.close()
            await children.end(process.id)
        }
        processes = []
    }

    private func order(_ text: String) throws {
        try send(text)
        for part in processes.indices { _ = try answer(of: part) }
    }

    private func send(_ text: String) throws {
        for process in processes { try process.input.write(contentsOf: Data("\(text)\n".utf8)) }
    }

    private func answer(of part: Int) throws -> String {
        while true {
            if let end = processes[part].unread.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: processes[part].unread[..<end], as: UTF8.self)
                processes[part].unread = Data(processes[part].unread[(end + 1)...])
                return line
            }
            let more = processes[part].output.availableData
            guard !more.isEmpty else {
                throw Failure("a process of the fleet ended: \(children.lastWords(of: "fleet-\(part)"))")
            }
            processes[part].unread.append(more)
        }
    }
}
