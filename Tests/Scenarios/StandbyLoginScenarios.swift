import FleetSimulator
import Foundation
import OpenSSL
import PowerEvents
import TestSupport
import Testing

/// Two agents whose etcd is closed to others: by certificates, by a user with a password, and what is said where it is closed
/// to one of them.
@Suite(
    .serialized, .enabled(if: StandbyPair.isPossible, "needs Debian's package etcd-server, which deploy/test installs"))
struct StandbyLoginScenarios {
    private static let hints = (1...8).map { MainJobScenarios.hint("cpu-\($0)", .node, watts: 900) }
    private static let nodes = (1...8).map { "cpu-\($0)" }

    /// A breach, in the middle of which the leader is killed. - Returns: who leads afterwards
    private static func takeOver(_ pair: StandbyPair, from leader: String) async throws -> String {
        let fleet = pair.stage.fleet
        let before = nodes.map { fleet.knob(of: $0) }
        for bmc in fleet.bmcs { bmc.latency = .milliseconds(100) }
        let breach = try Stage.newBreach()
        try await pair.stage.alert(.active, breach, hints)
        #expect(try await eventually { fleet.limit(of: "cpu-3") == 900 }, "\(pair.logs)")
        await pair.stop(leader, SIGKILL)
        let other = pair.other(leader)
        _ = try #require(try await pair.leads(other), "\(pair.logs)")
        _ = try await pair.stage.report(breach, .applied) { $0.results.count == 8 && $0.code == .success }
        #expect(nodes.allSatisfy { fleet.limit(of: $0) == 900 })
        try await pair.stage.alert(.resolved, breach)
        #expect(try await pair.stage.report(breach, .reverted).enforcement?.code == .success)
        #expect(nodes.map { fleet.knob(of: $0) } == before)
        #expect(pair.doubtfulEvents == [])
        return other
    }

    /// What it says of itself, as if it were one line.
    private static func words(_ pair: StandbyPair, _ name: String) throws -> String {
        try pair.command(name, "status").output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    /// Waits until an agent says what keeps it, in its log and to whoever asks.
    private static func says(_ pair: StandbyPair, _ name: String, _ parts: String...) async throws {
        let isSaid = try await eventually(within: .seconds(60)) {
            let status = try words(pair, name)
            let log = pair.log(of: name)
            return parts.allSatisfy { status.contains($0) && log.contains($0) }
        }
        let status = try words(pair, name)
        #expect(isSaid, "\(parts)\n\(status)\n\(pair.log(of: name).suffix(4000))")
    }

    private static func issue(
        _ authority: CertificateAuthority, to name: String, _ folder: TemporaryFolder
    ) throws {
        let identity = try authority.issue(to: .init(commonName: name))
        try folder.write(identity.certificatePEM, to: "\(name)-etcd.pem")
        try folder.write(identity.keyPEM, to: "\(name)-etcd.key")
    }

    @Test(.timeLimit(.minutes(5)))
    func etcdWithCertificatesOfBothSides() async throws {
        let authority = try CertificateAuthority(name: "Authority of etcd")
        let pair = try await StandbyPair(
            authority: authority,
            etcd: ", tls: { ca: etcd-ca.pem, certificate: NAME-etcd.pem, key: NAME-etcd.key }")
        let folder = pair.stage.folder
        try folder.write(authority.certificatePEM, to: "etcd-ca.pem")
        for name in pair.names { try Self.issue(authority, to: name, folder) }
        let first = try await pair.startBoth()
        _ = try await Self.takeOver(pair, from: first)
        // A certificate of another authority.
        let stranger = try CertificateAuthority(name: "Stranger")
        try Self.issue(stranger, to: first, folder)
        try pair.start(first)
        try await Self.says(pair, first, "standby.etcd.tls.certificate: ", "\(first)-etcd.pem should be signed by")
        try Self.issue(authority, to: first, folder)
        // Taken up by itself.
        try await pair.settled()
        await pair.stop(first)
        // Members that another authority vouches for.
        try folder.write(stranger.certificatePEM, to: "etcd-ca.pem")
        try pair.start(first)
        try await Self.says(pair, first, "standby.etcd.tls.ca: ", "etcd-ca.pem; it should hold the authority")
        try folder.write(authority.certificatePEM, to: "etcd-ca.pem")
        // Likewise, whichever leads then: the file is the other's too.
        try await pair.settled()
        await pair.tearDown()
    }

    @Test(.timeLimit(.minutes(5)))
    func etcdWithUsersWhoseRoleIsThePrefix() async throws {
        let pair = try await StandbyPair(etcd: ", username: NAME, password_file: etcd-password, prefix: /sites/ima")
        let folder = pair.stage.folder
        try folder.write("first\n", to: "etcd-password")
        let grant = ["role", "grant-permission", "ima", "--prefix=true", "readwrite", "/sites/ima/"]
        let users = pair.names.flatMap { [["user", "add", "\($0):first"], ["user", "grant-role", $0, "ima"]] }
        for arguments in [
            ["user", "add", "root:secret"], ["user", "grant-role", "root", "root"], ["role", "add", "ima"], grant,
        ] + users + [["auth", "enable"]] {
            try Self.control(pair, arguments, asRoot: false)
        }
        let first = try await pair.startBoth()
        _ = try await Self.takeOver(pair, from: first)
        // A wrong password, which is put right in the file.
        try folder.write("wrong\n", to: "etcd-password")
        try pair.start(first)
        try await Self.says(
            pair, first, "standby.etcd.password_file: ",
            "etcd-password should hold the password of etcd's user \(first)")
        try folder.write("first\n", to: "etcd-password")
        // Taken up by itself. Who leads may change at any time on a busy machine.
        try await pair.settled()
        // A new one: into the file first, then into etcd, which forgets the user's logins with it.
        let moment = ContinuousClock.now
        try folder.write("second\n", to: "etcd-password")
        for name in pair.names {
            try Self.control(pair, ["user", "passwd", name, "--interactive=false"], input: "second\n")
        }
        try await Task.sleep(for: .seconds(4))
        let leader = try await pair.settled()
        #expect(pair.names.allSatisfy { pair.writes(of: $0, after: moment) == [] }, "nothing is applied anew")
        // The leader's user may nothing any more, and the other's may.
        try Self.control(pair, ["user", "revoke-role", leader, "ima"])
        try await Self.says(
            pair, leader, "user \(leader) (standby.etcd.username) should have a role", "standby.etcd.prefix /sites/ima")
        let breach = try Stage.newBreach()
        try await pair.stage.alert(.active, breach, Self.hints)
        _ = try #require(try await pair.leads(pair.other(leader)), "\(pair.logs)")
        _ = try await pair.stage.report(breach, .applied) { $0.results.count == 8 && $0.code == .success }
        try Self.control(pair, ["user", "grant-role", leader, "ima"])
        try await pair.settled()
        // What the role may is taken away, and given back.
        try Self.control(pair, ["role", "revoke-permission", "ima", "--prefix=true", "/sites/ima/"])
        for name in pair.names {
            try await Self.says(pair, name, "user \(name) (standby.etcd.username) should have a role")
        }
        try Self.control(pair, grant)
        try await pair.settled()
        try await pair.stage.alert(.resolved, breach)
        #expect(try await pair.stage.report(breach, .reverted).enforcement?.code == .success)
        #expect(pair.doubtfulEvents == [])
        await pair.tearDown()
    }

    /// Runs etcdctl.
    ///
    /// - Parameter asRoot: with its login, once etcd asks for one
    private static func control(
        _ pair: StandbyPair, _ arguments: [String], asRoot: Bool = true, input: String = ""
    ) throws {
        let login = asRoot ? ["--user", "root:secret"] : []
        let result = try pair.etcd.control(login + arguments, input: input)
        #expect(result.status == 0, "\(arguments): \(result.errors)")
    }
}
