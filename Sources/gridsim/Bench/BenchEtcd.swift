import CommandLineTool
import FleetSimulator
import Foundation
import Synchronization

/// The etcd of a benchmark, started when it is first used.
final class BenchEtcd: Sendable {
    private let folder: URL
    private let children: ChildProcesses
    private let state = Mutex<(isUsed: Bool, plan: LocalEtcd?)>((false, nil))

    init(folder: URL, children: ChildProcesses) {
        self.folder = folder
        self.children = children
    }

    /// Whether the agents that are started from now on share their journal through it.
    var isUsed: Bool {
        get { state.withLock { $0.isUsed } }
        set { state.withLock { $0.isUsed = newValue } }
    }

    /// - Throws: where there is no etcd on this machine
    func start() throws {
        guard state.withLock({ $0.plan == nil }) else { return }
        guard let program = LocalEtcd.program else { throw Failure("\(LocalEtcd.Missing())", code: 2) }
        let plan = try LocalEtcd(in: folder)
        for member in plan.members { try children.launch(member.name, program, plan.arguments(of: member)) }
        state.withLock { $0.plan = plan }
    }

    /// Of a configuration. - Parameter shard: each run begins a log of its own
    func section(shard: Int) -> String {
        let endpoints = (state.withLock { $0.plan }?.members ?? []).map { "\"\($0.endpoint)\"" }
        return "standby: { etcd: { endpoints: [\(endpoints.joined(separator: ", "))] }, site: bench, shard: n\(shard) }"
    }
}
