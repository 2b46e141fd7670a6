import CommandLineTool
import ArgumentParser
import Foundation
import JOSE
import OpenSSL
import StrictJSON

struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Makes a signing key, and shows its public half.",
        subcommands: [Generate.self, PublicKeys.self])

    struct Generate: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "generate",
            abstract: "Writes a new private key to a file of mode 0600 and prints its public JWK set.")

        @Option(name: .long, help: "ES256 or RS256.")
        var algorithm = "ES256"

        @Option(name: .long, help: "The name that verifiers find the key by.")
        var kid: String

        @Option(name: .long, help: "The file for the private key (PEM). An existing file is never overwritten.")
        var out: String

        func run() throws {
            guard let algorithm = SignatureAlgorithm(rawValue: algorithm) else {
                throw Failure("--algorithm: should be ES256 or RS256 (got \"\(algorithm)\")", code: 2)
            }
            do {
                let key = try PrivateKey.generate(algorithm == .es256 ? .p256 : .rsa(bits: 3072))
                let descriptor = open(self.out, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
                guard descriptor >= 0 else {
                    throw Failure("\(out): cannot be created: \(String(cString: strerror(errno)))", code: 2)
                }
                let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
                try file.write(contentsOf: Data(key.pem().utf8))
                print(try JWKSet([SigningKey(key, keyID: kid).jwk()]).json().text)
            } catch let error as OpenSSLError {
                throw Failure("\(error)")
            }
        }
    }

    struct PublicKeys: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "jwks", abstract: "Prints the public JWK set of a private key.")

        @Option(name: .long, help: "The file with the private key (PEM).")
        var key: String

        @Option(name: .long, help: "The name that verifiers find the key by.")
        var kid: String

        func run() throws {
            guard let data = FileManager.default.contents(atPath: key) else {
                throw Failure("\(key): the key cannot be read", code: 2)
            }
            do {
                let privateKey = try PrivateKey(pem: String(decoding: data, as: UTF8.self))
                print(try JWKSet([SigningKey(privateKey, keyID: kid).jwk()]).json().text)
            } catch {
                throw Failure("\(key): \(error)", code: 2)
            }
        }
    }
}
