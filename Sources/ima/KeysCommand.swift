import Agent
import ArgumentParser
import CommandLineTool
import Foundation
import JOSE
import OpenSSL
import StrictJSON

struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Makes a signing key, and shows its public half.",
        subcommands: [Generate.self, PublicKeys.self])

    /// A name that follows from the key itself, for those who give none.
    static func defaultKeyID(_ key: PrivateKey) throws -> String {
        "ima-" + SHA256.hex(try key.publicKey().subjectPublicKeyInfo()).prefix(12)
    }

    static func publicSet(_ key: PrivateKey, kid: String?) throws -> String {
        try JWKSet([SigningKey(key, keyID: kid ?? defaultKeyID(key)).jwk()]).json().text
    }

    struct Generate: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "generate",
            abstract: "Makes a private key; prints its public JWK set, or without --out the key itself.")

        @Option(name: .long, help: "ES256 or RS256.")
        var algorithm = "ES256"

        @Option(name: .long, help: "The name that verifiers find the key by; made of the key where absent.")
        var kid: String?

        @Option(
            name: .long,
            help:
                "The file for the private key (PEM, mode 0600), with its folder. An existing one is never overwritten.")
        var out: String?

        func run() throws {
            guard let algorithm = SignatureAlgorithm(rawValue: algorithm) else {
                throw Failure("--algorithm: should be ES256 or RS256 (got \"\(algorithm)\")", code: 2)
            }
            let key = try PrivateKey.generate(algorithm == .es256 ? .p256 : .rsa(bits: 3072))
            guard let out else { return print(try key.pem(), terminator: "") }
            // Before anything is written: what fails leaves nothing behind.
            let (pem, jwks) = (try key.pem(), try KeysCommand.publicSet(key, kid: kid))
            do { try NewFile.write(pem, to: out) } catch { throw Failure("\(error)", code: 2) }
            print(jwks)
        }
    }

    struct PublicKeys: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "jwks", abstract: "Prints the public JWK set of a private key, or of the configured one.")

        @OptionGroup var options: ConfigOption

        @Option(name: .long, help: "The file with the private key (PEM); without it the configuration's signing key.")
        var key: String?

        @Option(name: .long, help: "The name that verifiers find the key by.")
        var kid: String?

        func run() throws {
            guard let path = key else {
                let signing = try options.load().signing
                do { return print(try PublicKeySet.text(of: signing, keyID: kid)) } catch {
                    throw Failure("\(error)", code: 2)
                }
            }
            guard let data = FileManager.default.contents(atPath: path) else {
                throw Failure("\(path): the key cannot be read", code: 2)
            }
            do {
                let privateKey = try PrivateKey(pem: String(decoding: data, as: UTF8.self))
                print(try KeysCommand.publicSet(privateKey, kid: kid))
            } catch {
                throw Failure("\(path): \(error)", code: 2)
            }
        }
    }
}
