import Foundation
import JOSE
import OpenSSL
import Settings

/// Reads keys from files, with errors that name the file.
enum KeyFiles {
    struct Unusable: Error, Sendable, CustomStringConvertible {
        let description: String
    }

    static func signingKey(_ place: AgentConfiguration.Signing.Place, keyID: String) throws -> SigningKey {
        switch place {
        case .file(let path): return try signingKey(path, keyID: keyID)
        case .token(let uri, let module):
            do {
                return try SigningKey(PrivateKey(token: uri, module: module), keyID: keyID)
            } catch {
                throw Unusable(description: "\(uri): no usable signing key: \(error)")
            }
        }
    }

    private static func signingKey(_ path: String, keyID: String) throws -> SigningKey {
        do {
            return try SigningKey(PrivateKey(pem: SecretFile.text(path)), keyID: keyID)
        } catch let error as SecretFile.Unusable {
            throw Unusable(description: "\(error)")
        } catch {
            throw Unusable(description: "\(path): no usable signing key: \(error)")
        }
    }

    static func keySet(_ path: String) throws -> JWKSet {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Unusable(description: "\(path): the key set cannot be read")
        }
        do {
            return try JWKSet(decoding: data)
        } catch {
            throw Unusable(description: "\(path): no usable key set: \(error)")
        }
    }

    static func check(jwks path: String, at setting: Setting?) {
        do { if try keySet(path).isEmpty { setting?.note("holds no keys") } } catch { setting?.note("\(error)") }
    }

    static func check(signingKey path: AgentConfiguration.Signing.Place, keyID: String, at setting: Setting) {
        do { _ = try signingKey(path, keyID: keyID) } catch { setting.note("\(error)") }
    }
}
