public import EventBus
import FleetSimulator
import Foundation
public import OpenSSL
import Synchronization

/// A real mosquitto on a free loopback port, with or without access rules.
public final class TestBroker: Sendable {
    public let port: Int
    private let isEncrypted: Bool
    private let folder: TemporaryFolder
    private let process: Holder

    private final class Holder: Sendable {
        private let process = Mutex<ChildProcess?>(nil)

        var child: ChildProcess? {
            get { process.withLock { $0 } }
            set { process.withLock { $0 = newValue } }
        }
    }

    /// - Parameters:
    ///   - rules: an ACL file's text; nil allows everything
    ///   - authority: signs the broker's certificate; nil leaves TLS off
    ///   - subject: of the broker's certificate
    ///   - clients: who may log in, by name and password; nil lets everybody in
    ///   - settings: further lines of its configuration
    public init(
        rules: String? = nil, authority: CertificateAuthority? = nil,
        subject: CertificateAuthority.Subject = .init(commonName: "broker", addresses: ["127.0.0.1"]),
        clients: [String: String]? = nil, settings: String = ""
    ) async throws {
        folder = try TemporaryFolder()
        port = try FreePort.find()
        process = Holder()
        var configuration = """
            listener \(port) 127.0.0.1
            allow_anonymous \(clients == nil)
            persistence true
            persistence_location \(folder.url.path)/
            autosave_interval 1
            autosave_on_changes true

            """
        if let rules { configuration += "acl_file \(try folder.write(rules, to: "acl"))\n" }
        if let authority {
            let identity = try authority.issue(to: subject)
            configuration += "certfile \(try folder.write(identity.certificatePEM, to: "broker.pem"))\n"
            configuration += "keyfile \(try folder.write(identity.keyPEM, to: "broker.key"))\n"
        }
        isEncrypted = authority != nil
        configuration += settings
        if clients != nil { configuration += "\npassword_file \(folder.path("passwords"))\n" }
        try clients.map { try Self.write($0, to: folder) }
        try folder.write(configuration, to: "mosquitto.conf")
        // mosquitto drops root's rights and must still reach its files.
        if getuid() == 0 { _ = try ChildProcess.run("/bin/chmod", ["-R", "a+rwX", folder.url.path]) }
        try await start()
    }

    public var address: BrokerAddress {
        get throws {
            guard let address = BrokerAddress("\(isEncrypted ? "mqtts" : "mqtt")://127.0.0.1:\(port)") else {
                throw ChildProcess.DidNotStart(description: "no address")
            }
            return address
        }
    }

    public func start() async throws {
        let places = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/usr/bin/mosquitto"]
        let path = places.first { FileManager.default.isExecutableFile(atPath: $0) } ?? places[0]
        process.child = try ChildProcess(
            path, ["-c", folder.path("mosquitto.conf")], log: folder.path("mosquitto.log"))
        for _ in 0..<200 {
            if Self.accepts(port) { return }
            try await Task.sleep(for: .milliseconds(25))
        }
        throw ChildProcess.DidNotStart(description: "mosquitto: \(process.child?.output ?? "")")
    }

    public func stop() async {
        await process.child?.end()
        process.child = nil
    }

    /// Lets in these clients and no others from now on.
    public func admit(_ clients: [String: String]) throws {
        try Self.write(clients, to: folder)
        if getuid() == 0 { _ = try ChildProcess.run("/bin/chmod", ["a+r", folder.path("passwords")]) }
        process.child?.send(SIGHUP)
    }

    private static func write(_ clients: [String: String], to folder: TemporaryFolder) throws {
        try folder.write(clients.map { "\($0.key):\($0.value)\n" }.joined(), to: "passwords")
        let result = try ChildProcess.run("/usr/bin/mosquitto_passwd", ["-U", folder.path("passwords")])
        guard result.status == 0 else { throw ChildProcess.DidNotStart(description: result.errors) }
    }

    /// Removes what the stopped broker has kept: sessions, and messages for them.
    public func forget() throws {
        let database = folder.path("mosquitto.db")
        if FileManager.default.fileExists(atPath: database) { try FileManager.default.removeItem(atPath: database) }
    }

    private static func accepts(_ port: Int) -> Bool { Loopback.connect(to: port).map { close($0) } != nil }
}

/// Waits for a condition, a bounded time. - Returns: whether it came about
public func eventually(
    within limit: Duration = .seconds(20), _ condition: @Sendable () async throws -> Bool
) async throws -> Bool {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
        if try await condition() { return true }
        try await Task.sleep(for: .milliseconds(25))
    }
    return try await condition()
}
