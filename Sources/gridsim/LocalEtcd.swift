import FleetSimulator
import Foundation

/// An etcd of several members on this machine's loopback, for demonstrations and tests: how each is started. Starts none.
struct LocalEtcd: Sendable {
    struct Member: Sendable, Hashable {
        let name: String
        /// Where clients are served.
        let port: Int
        let peerPort: Int
        /// Where its data lie.
        let folder: String

        var endpoint: String { "http://127.0.0.1:\(port)" }
        var peer: String { "http://127.0.0.1:\(peerPort)" }
    }

    struct Missing: Error, CustomStringConvertible {
        let description = "there is no etcd: install Debian's package etcd-server"
    }

    let members: [Member]

    /// Chooses ports, and folders below one that is there.
    init(_ count: Int = 3, in folder: URL) throws {
        members = try (1...count).map { number in
            Member(
                name: "etcd\(number)", port: try FreePort.find(), peerPort: try FreePort.find(),
                folder: folder.appendingPathComponent("etcd\(number)").path)
        }
    }

    /// The program.
    static var program: String? {
        ["/usr/bin/etcd", "/usr/local/bin/etcd"].first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// What the program is started with, also again on the same data.
    func arguments(of member: Member) -> [String] {
        let all = members.map { "\($0.name)=\($0.peer)" }.joined(separator: ",")
        return [
            "--name", member.name, "--data-dir", member.folder,
            "--listen-client-urls", member.endpoint, "--advertise-client-urls", member.endpoint,
            "--listen-peer-urls", member.peer, "--initial-advertise-peer-urls", member.peer,
            "--initial-cluster", all, "--initial-cluster-state", "new", "--initial-cluster-token", "ima",
            // Of machines that are milliseconds apart; the lease is lost only where a new leader takes long to be found.
            "--heartbeat-interval", "50", "--election-timeout", "500",
            "--auto-compaction-mode", "revision", "--auto-compaction-retention", "10000",
            "--logger", "zap", "--log-level", "warn",
        ]
    }
}
