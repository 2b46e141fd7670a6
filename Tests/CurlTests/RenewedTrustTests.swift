import Curl
import FleetSimulator
import Foundation
import Inventory
import OpenSSL
import Settings
import Site
import TestSupport
import Testing

/// Servers over TLS whose authority is exchanged while connections are open.
@Suite(.serialized)
struct RenewedTrustTests {
    private let folder: TemporaryFolder
    private let port: Int

    init() throws {
        folder = try TemporaryFolder()
        port = try FreePort.find(on: "127.79.1.1")
    }

    private func fleet() throws -> SimulatedFleet {
        try folder.write("secret", to: "password")
        let path = try folder.write(
            """
            credentials: { bmc: { username: ima, password_file: password } }
            defaults: { bmc: { credentials: bmc } }
            nodes: [{ id: n, bmc: "https://127.79.1.1:\(port)" }]
            """, to: "site.yaml")
        let problems = ProblemCollector()
        let site = SiteReader.load([path], environment: [:], problems: problems)
        try problems.throwIfAny()
        return try SimulatedFleet(site: site)
    }

    private func ask(_ pool: HTTPClientPool) async -> CurlError.Kind? {
        do {
            _ = try await pool.send(
                HTTPRequest(
                    .get, url: "https://127.79.1.1:\(port)/redfish/v1/",
                    tls: .authorities(file: folder.path("ca.pem")), timeout: .seconds(5)))
            return nil
        } catch {
            return (error as? CurlError)?.kind
        }
    }

    /// Over the connection and the TLS session that were made under it, too.
    @Test(.timeLimit(.minutes(1))) func aRemovedAuthorityIsTrustedNoMore() async throws {
        let (old, new) = (try CertificateAuthority(name: "Old"), try CertificateAuthority(name: "New"))
        try folder.write(old.certificatePEM, to: "ca.pem")
        let fleet = try fleet()
        try await fleet.start(authority: old)
        let pool = HTTPClientPool(.init(workers: 1))
        #expect(await ask(pool) == nil)
        #expect(fleet.openConnections == 1)
        try folder.write(new.certificatePEM, to: "ca.pem")
        pool.renewTrust()
        #expect(await ask(pool) == .tls)
        #expect(try await eventually { fleet.openConnections == 0 })
        // What nobody can use changes nothing.
        try folder.write("junk", to: "ca.pem")
        pool.renewTrust()
        #expect(await ask(pool) == .tls)
        try folder.write(new.certificatePEM + old.certificatePEM, to: "ca.pem")
        pool.renewTrust()
        #expect(await ask(pool) == nil)
        pool.shutDown()
        await fleet.stop()
    }

    /// Without a reload, within seconds: a BMC with a certificate of the new authority is refused until then.
    @Test(.timeLimit(.minutes(1))) func anAddedAuthorityIsTakenUpByItself() async throws {
        let (old, new) = (try CertificateAuthority(name: "Old"), try CertificateAuthority(name: "New"))
        try folder.write(old.certificatePEM, to: "ca.pem")
        let fleet = try fleet()
        try await fleet.start(authority: new)
        let pool = HTTPClientPool(.init(workers: 1))
        #expect(await ask(pool) == .tls)
        try folder.write(old.certificatePEM + new.certificatePEM, to: "ca.pem")
        #expect(try await eventually(within: .seconds(6)) { await ask(pool) == nil })
        pool.shutDown()
        await fleet.stop()
    }

    /// A request that is on its way when trust is renewed comes to its end.
    @Test(.timeLimit(.minutes(1))) func whatIsOnItsWayIsNotCutOff() async throws {
        let pool = HTTPClientPool(.init(workers: 1))
        let listener = try SilentListener()
        let request = Task {
            try await pool.send(HTTPRequest(.get, url: "http://127.0.0.1:\(listener.port)/", timeout: .seconds(20)))
        }
        while pool.queueDepth.inFlight < 1 { await Task.yield() }
        pool.renewTrust(force: true)
        pool.renewTrust(force: true)
        _ = await listener.answer(1)
        #expect(try await request.value.status == 200)
        pool.shutDown()
    }
}
