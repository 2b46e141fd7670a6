public import FleetSimulator
import Foundation
import Synchronization

/// A real etcd of three members on loopback, each of which can be killed, stopped and started again.
public final class TestEtcd: Sendable {
    private let folder: TemporaryFolder
    private let plan: LocalEtcd
    private let children = Mutex<[String: ChildProcess]>([:])

    public var members: [LocalEtcd.Member] { plan.members }

    public static var isInstalled: Bool { LocalEtcd.program != nil }

    /// Starts all, and returns when they serve.
    public init() async throws {
        folder = try TemporaryFolder()
        plan = try LocalEtcd(in: folder.url)
        for member in plan.members { try start(member) }
        for member in plan.members {
            guard try await eventually(within: .seconds(60), { await self.isHealthy(member) }) else {
                throw ChildProcess.DidNotStart(description: "\(member.name): \(log(of: member))")
            }
        }
    }

    public func start(_ member: LocalEtcd.Member) throws {
        guard let program = LocalEtcd.program else { throw LocalEtcd.Missing() }
        let child = try ChildProcess(program, plan.arguments(of: member), log: folder.path("\(member.name).log"))
        children.withLock { $0[member.name] = child }
    }

    /// - Parameter signal: SIGKILL, as a machine that loses its power; or SIGSTOP and SIGCONT
    public func send(_ signal: Int32, to member: LocalEtcd.Member) {
        children.withLock { $0[member.name] }?.send(signal)
    }

    public func kill(_ member: LocalEtcd.Member) async {
        await children.withLock { $0.removeValue(forKey: member.name) }?.end(SIGKILL)
    }

    public func stop() async { for member in members { await kill(member) } }

    public func log(of member: LocalEtcd.Member) -> String { folder.read("\(member.name).log") }

    /// Whether a member says that its cluster can be written to.
    public func isHealthy(_ member: LocalEtcd.Member) async -> Bool {
        let result = try? ChildProcess.run(
            "/usr/bin/env", ["python3", "-c", Self.health, "\(member.endpoint)/health"])
        return result?.output.contains("true") == true
    }

    /// The member that leads the others.
    public func leader() throws -> LocalEtcd.Member? {
        for member in members {
            let result = try ChildProcess.run(
                "/usr/bin/env", ["python3", "-c", Self.status, "\(member.endpoint)/v3/maintenance/status"])
            if result.output.contains("leads") { return member }
        }
        return nil
    }

    private static let health = """
        import sys, urllib.request
        print(urllib.request.urlopen(sys.argv[1], timeout=1).read().decode())
        """

    private static let status = """
        import sys, json, urllib.request
        request = urllib.request.Request(sys.argv[1], data=b"{}", method="POST")
        status = json.load(urllib.request.urlopen(request, timeout=1))
        print("leads" if status["leader"] == status["header"]["member_id"] else "follows")
        """
}
