import FleetSimulator
import Foundation
import JOSE
import OpenSSL
import PowerEvents
import TestSupport
import Testing

/// A signing key that never leaves its token: SoftHSM, through OpenSSL's PKCS #11 engine.
@Suite(.serialized)
struct TokenKeyScenarios {
    private static let module = "/usr/lib/softhsm/libsofthsm2.so"
    private static let tool = "/usr/bin/softhsm2-util"

    @Test(
        .enabled(if: FileManager.default.fileExists(atPath: module), "needs softhsm2, which deploy/test installs"),
        .timeLimit(.minutes(2)), arguments: ["ES256", "RS256"])
    func eventsAreSignedInTheToken(algorithm: String) async throws {
        let stage = try await Stage(signingKey: algorithm == "ES256" ? .p256 : .rsa(bits: 2048))
        let folder = stage.folder
        try FileManager.default.createDirectory(atPath: folder.path("tokens"), withIntermediateDirectories: true)
        let environment = [
            "SOFTHSM2_CONF": try folder.write("directories.tokendir = \(folder.path("tokens"))\n", to: "softhsm.conf")
        ]
        let pin = try folder.write("1234", to: "pin")
        func softHSM(_ arguments: String...) throws {
            let result = try ChildProcess.run(Self.tool, arguments, environment: environment)
            try #require(result.status == 0, "\(result.errors)")
        }
        try softHSM("--init-token", "--free", "--label", "ima", "--pin", "1234", "--so-pin", "5678")
        try softHSM(
            "--import", folder.path("ima.pem"), "--token", "ima", "--label", "signing", "--id", "01", "--pin", "1234")
        let file = folder.read("ima.yaml")
        let uri = "pkcs11:token=ima;object=signing;type=private?pin-source=file:\(pin)"
        try folder.write(
            file.replacing("key: ima.pem", with: "key: \"\(uri)\", module: \(Self.module)"), to: "ima.yaml")
        // The key itself is in the token and nowhere else.
        let publicSet = try stage.command("check", environment: environment)
        #expect(publicSet.status == 0, "\(publicSet.errors)")
        try FileManager.default.removeItem(atPath: folder.path("ima.pem"))
        try await stage.startAgent(environment: environment)
        let breach = try Stage.newBreach()
        try await stage.alert(.active, breach, [MainJobScenarios.hint("cpu-1", .node, watts: 900)])
        let sighting = try await stage.report(breach, .applied)
        #expect(sighting.doubt == nil, "the watcher verifies with the public half of the imported key")
        let keys = try stage.command("keys", "jwks", environment: environment)
        #expect(try JWKSet(decoding: Array(keys.output.utf8))["ima-test"]?.algorithm.rawValue == algorithm)
        let renamed = try stage.command("keys", "jwks", "--kid", "next", environment: environment)
        #expect(try JWKSet(decoding: Array(renamed.output.utf8)).keyIDs == ["next"])
        // A PIN in the configuration itself is refused, and not repeated.
        try folder.write(
            file.replacing("key: ima.pem", with: "key: \"\(uri)&pin-value=1234\", module: \(Self.module)"),
            to: "ima.yaml")
        let refused = try stage.command("check", environment: environment)
        #expect(refused.status == 1)
        #expect(refused.errors.contains("pin-source") && !refused.errors.contains("pin-value=1234"))
        await stage.tearDown()
    }
}
