import Curl
import FleetSimulator
import Foundation
import OpenSSL
import TestSupport
import Testing

/// A server that asks for a certificate of ours.
struct ClientCertificateTests {
    @Test(.timeLimit(.minutes(1))) func isShownToAServerThatAsksForOne() async throws {
        let folder = try TemporaryFolder()
        let authority = try CertificateAuthority(name: "Both")
        let server = try authority.issue(to: .init(commonName: "server", addresses: ["127.0.0.1"]))
        let client = try authority.issue(to: .init(commonName: "client"))
        let ca = try folder.write(authority.certificatePEM, to: "ca.pem")
        let port = try FreePort.find()
        let child = try ChildProcess(
            "/usr/bin/openssl",
            [
                "s_server", "-accept", "127.0.0.1:\(port)",
                "-cert", try folder.write(server.certificatePEM, to: "s.pem"), "-key",
                try folder.write(server.keyPEM, to: "s.key"), "-CAfile", ca, "-Verify", "2",
                "-verify_return_error", "-www", "-quiet",
            ], log: folder.path("log"))
        let pool = HTTPClientPool(.init(workers: 1))
        defer { pool.shutDown() }
        var request = HTTPRequest(.get, url: "https://127.0.0.1:\(port)/", tls: .authorities(file: ca), followup: .none)
        request.identity = TLSIdentity(
            certificate: try folder.write(client.certificatePEM, to: "c.pem"),
            key: try folder.write(client.keyPEM, to: "c.key"))
        let sent = request
        #expect(try await eventually { (try? await pool.send(sent))?.status == 200 }, "\(child.output)")
        request.identity = nil
        let bare = request
        await #expect(throws: CurlError.self) { try await pool.send(bare) }
        request.identity = TLSIdentity(certificate: folder.path("none"), key: folder.path("none"))
        let missing = request
        let error = try await #require(throws: CurlError.self) { try await pool.send(missing) }
        #expect(error.kind == .tls && !error.mayHaveBeenObeyed)
        await child.end()
    }
}
