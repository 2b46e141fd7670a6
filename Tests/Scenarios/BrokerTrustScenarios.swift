import FleetSimulator
import Foundation
import OpenSSL
import PowerEvents
import TestSupport
import Testing

/// Whom the agent takes for its broker, and how it says who it is.
@Suite(.serialized)
struct BrokerTrustScenarios {
    /// A stage whose agent is to use another broker, of which it is told in `section`.
    private func stage(_ broker: TestBroker, _ section: String) async throws -> Stage {
        let stage = try await Stage()
        let file = stage.folder.read("ima.yaml")
        let line = try #require(file.split(separator: "\n").first { $0.hasPrefix("broker:") })
        try stage.folder.write(
            file.replacing(line, with: "broker: { url: \"\(broker.address)\", \(section) }"), to: "ima.yaml")
        return stage
    }

    @Test(.timeLimit(.minutes(2)))
    func mutualTLSAndARevokedCertificate() async throws {
        let folder = try TemporaryFolder()
        let authority = try CertificateAuthority(name: "bus-ca")
        try folder.write(authority.certificatePEM, to: "ca.pem")
        try folder.write(authority.keyPEM(), to: "ca.key")
        let client = try authority.issue(to: .init(commonName: "ima-test"))
        try folder.write(client.certificatePEM, to: "client.pem")
        try folder.write("", to: "index.txt")
        try folder.write("01", to: "crlnumber")
        try folder.write(
            """
            [ca]
            default_ca = bus
            [bus]
            database = \(folder.path("index.txt"))
            crlnumber = \(folder.path("crlnumber"))
            default_md = sha256
            default_crl_days = 30
            """, to: "ca.cnf")
        let ca = ["-config", folder.path("ca.cnf"), "-keyfile", folder.path("ca.key"), "-cert", folder.path("ca.pem")]
        func revocationList() throws {
            let result = try ChildProcess.run(
                "/usr/bin/openssl", ["ca"] + ca + ["-gencrl", "-out", folder.path("crl.pem")])
            try #require(result.status == 0, "\(result.errors)")
            _ = try ChildProcess.run("/bin/chmod", ["-R", "a+rX", folder.url.path])
        }
        try revocationList()
        let broker = try await TestBroker(
            authority: authority,
            settings: """
                cafile \(folder.path("ca.pem"))
                crlfile \(folder.path("crl.pem"))
                require_certificate true
                use_identity_as_username true
                """)
        let stage = try await stage(broker, "tls: { ca: bus-ca.pem, certificate: client.pem, key: client.key }")
        try stage.folder.write(authority.certificatePEM, to: "bus-ca.pem")
        try stage.folder.write(client.certificatePEM, to: "client.pem")
        try stage.folder.write(client.keyPEM, to: "client.key")
        try await stage.startAgent()
        await stage.stopAgent()
        // Without a certificate of its own it is not let in.
        let file = stage.folder.read("ima.yaml")
        try stage.folder.write(
            file.replacing(", certificate: client.pem, key: client.key", with: ""), to: "ima.yaml")
        try await stage.startAgent(waiting: false)
        #expect(try await eventually { stage.log.contains("no connection to the broker") })
        #expect(await stage.readiness() == 503)
        await stage.stopAgent()
        try stage.folder.write(file, to: "ima.yaml")
        let revoked = try ChildProcess.run("/usr/bin/openssl", ["ca"] + ca + ["-revoke", folder.path("client.pem")])
        try #require(revoked.status == 0, "\(revoked.errors)")
        try revocationList()
        await broker.stop()
        try await broker.start()
        try await stage.startAgent(waiting: false)
        #expect(try await eventually { await stage.readiness() != 0 }, "the page is there, however busy the machine")
        try await Task.sleep(for: .seconds(2))
        #expect(await stage.readiness() == 503, "a revoked certificate is not let in")
        await stage.tearDown()
        await broker.stop()
    }

    @Test(.timeLimit(.minutes(2)))
    func aBrokerThatIsNotTheRightOneIsNotTrusted() async throws {
        let (authority, stranger) = (try CertificateAuthority(name: "bus-ca"), try CertificateAuthority(name: "bus-ca"))
        let wrongName = try await TestBroker(
            authority: authority, subject: .init(commonName: "other", names: ["other.example"]))
        let wrongAuthority = try await TestBroker(authority: stranger)
        for broker in [wrongName, wrongAuthority] {
            let stage = try await stage(broker, "tls: { ca: bus-ca.pem }")
            try stage.folder.write(authority.certificatePEM, to: "bus-ca.pem")
            try await stage.startAgent(waiting: false)
            #expect(try await eventually { stage.log.contains("no connection to the broker") })
            try await Task.sleep(for: .seconds(1))
            #expect(await stage.readiness() == 503)
            #expect(!stage.log.contains("subscribed to alert topics"))
            await stage.tearDown()
            await broker.stop()
        }
    }

    /// A CA that is gone is trusted no more, and one that comes is trusted, both without a restart.
    @Test(.timeLimit(.minutes(2)))
    func theBrokersAuthoritiesAreReadAgain() async throws {
        let (own, other) = (try CertificateAuthority(name: "bus-ca"), try CertificateAuthority(name: "other-ca"))
        let broker = try await TestBroker(authority: own)
        let stage = try await stage(broker, "tls: { ca: bus-ca.pem }")
        try stage.folder.write(own.certificatePEM + other.certificatePEM, to: "bus-ca.pem")
        try await stage.startAgent()
        let process = stage.processID
        try stage.folder.write(other.certificatePEM, to: "bus-ca.pem")
        let removed = try stage.command("reload")
        #expect(removed.status == 0 && removed.output.contains("file changed: \(stage.folder.path("bus-ca.pem"))"))
        #expect(!removed.output.contains("needs a restart"))
        #expect(try await eventually { await stage.readiness() == 503 })
        try await Task.sleep(for: .seconds(2))
        #expect(await stage.readiness() == 503, "a CA that is gone is trusted no more")
        // Back under another name, which a reload takes up as well.
        try stage.folder.write(own.certificatePEM, to: "new-ca.pem")
        try stage.folder.write(
            stage.folder.read("ima.yaml").replacing("ca: bus-ca.pem", with: "ca: new-ca.pem"), to: "ima.yaml")
        let named = try stage.command("reload")
        #expect(named.status == 0 && named.output.contains("broker.tls.ca: "), "\(named)")
        #expect(try await eventually { await stage.readiness() == 200 }, "\(stage.log.suffix(2000))")
        // And it hears what is said.
        let sender = try stage.powerAgent(on: broker, trusting: own)
        sender.start()
        #expect(try await eventually { sender.isConnected })
        let breach = try Stage.newBreach()
        let payload = stage.payload(.active, breach, [MainJobScenarios.hint("cpu-1", .node, watts: 900)], .critical)
        try await sender.publish(sender.event(.breachAlert, payload.json, time: Stage.now))
        #expect(try await eventually { stage.fleet.limit(of: "cpu-1") == 900 })
        #expect(stage.processID == process)
        sender.stop()
        await stage.tearDown()
        await broker.stop()
    }

    @Test(.timeLimit(.minutes(2)))
    func accessTokensAreFetchedRenewedAndReplaced() async throws {
        let broker = try await TestBroker(clients: ["oauthtoken": "token-1"])
        let endpoint = try TokenEndpoint { login, number in
            guard login == "ima:s%2Fcret" else { return nil }
            // Each token ends soon; the broker knows the one that was handed out last, and no other.
            try? broker.admit(["oauthtoken": "token-\(number)"])
            Thread.sleep(forTimeInterval: 0.3)
            return .init(token: "token-\(number)", lifetimeSeconds: 3)
        }
        defer { endpoint.close() }
        let stage = try await stage(
            broker,
            "oauth2: { token_url: \"http://127.0.0.1:\(endpoint.port)/token\", client_id: ima, "
                + "client_secret_file: secret, scope: mqtt }")
        try stage.folder.write("s/cret\n", to: "secret")
        try await stage.startAgent()
        #expect(endpoint.requests.first == "grant_type=client_credentials&scope=mqtt")
        // Renewed by itself before it ends.
        #expect(try await eventually { endpoint.requests.count >= 3 })
        #expect(try await eventually { await stage.readiness() == 200 })
        // A fresh one after the broker was away.
        let before = endpoint.requests.count
        await broker.stop()
        try await broker.start()
        #expect(try await eventually { endpoint.requests.count > before })
        #expect(try await eventually { await stage.readiness() == 200 })
        #expect(!stage.log.contains("s/cret") && !stage.log.contains("token-1"), "no secret in the log")
        // The client is barred: the reason is said, and nothing is sent to the broker instead.
        try stage.folder.write("wrong\n", to: "secret")
        #expect(try await eventually { stage.log.contains("invalid_client") })
        #expect(try await eventually { await stage.readiness() == 503 })
        await stage.tearDown()
        await broker.stop()
    }

    @Test(.timeLimit(.minutes(2)))
    func aSecondClientWithOurNameIsNoticed() async throws {
        let stage = try await Stage()
        try await stage.startAgent()
        let twin = try TemporaryFolder()
        for name in ["dps.json", "site.yaml", "bmc-password", "ima.pem", "ima.yaml"] {
            try twin.write(stage.folder.read(name), to: name)
        }
        let file = twin.read("ima.yaml").replacing("http: 127.0.0.1:\(stage.httpPort)", with: "http: 127.0.0.1:0")
        try twin.write(file.replacing("bmc-ca.pem", with: stage.folder.path("bmc-ca.pem")), to: "ima.yaml")
        try twin.write(
            twin.read("site.yaml").replacing("bmc-ca.pem", with: stage.folder.path("bmc-ca.pem")), to: "site.yaml")
        let child = try ChildProcess(
            Stage.programs.appendingPathComponent("ima").path, ["run", "--config", twin.path("ima.yaml")],
            log: twin.path("ima.log"))
        #expect(
            try await eventually(within: .seconds(40)) {
                (stage.log + twin.read("ima.log")).contains("another client seems to use our id")
            }, "\(twin.read("ima.log").suffix(1000))")
        await child.end()
        await stage.tearDown()
    }

    @Test(.timeLimit(.minutes(2)))
    func eventsThatTheBrokerSwallowsAreNoticed() async throws {
        // It acknowledges what it then drops, as MQTT 3.1.1 leaves it no other way.
        let broker = try await TestBroker(
            rules: "topic readwrite grid/v1/poweragent/#\ntopic read grid/v1/infra/#\n")
        let stage = try await stage(broker, "qos: 1")
        try await stage.startAgent()
        let sender = try stage.powerAgent(on: broker)
        sender.start()
        #expect(try await eventually { sender.isConnected })
        let breach = try Stage.newBreach()
        let payload = stage.payload(.active, breach, [MainJobScenarios.hint("cpu-1", .node, watts: 900)], .critical)
        try await sender.publish(sender.event(.breachAlert, payload.json, time: Stage.now))
        #expect(try await eventually { stage.fleet.limit(of: "cpu-1") == 900 })
        #expect(
            try await eventually(within: .seconds(40)) {
                await stage.page("/metrics").body.contains("ima_events_not_echoed_total 1")
            })
        #expect(stage.log.contains("acknowledged but not echoed"))
        sender.stop()
        await stage.tearDown()
        await broker.stop()
    }

    @Test(.timeLimit(.minutes(2)))
    func loosenedSecretsAreRefused() async throws {
        let stage = try await Stage()
        for name in ["ima.pem", "bmc-password"] {
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: stage.folder.path(name))
            let result = try stage.command("check")
            #expect(result.status == 1)
            #expect(result.errors.contains("\(name): has mode 0644"), "\(result.errors)")
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: stage.folder.path(name))
        }
        #expect(try stage.command("check").status == 0)
        await stage.tearDown()
    }
}
