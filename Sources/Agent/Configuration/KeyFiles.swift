import Foundation
import JOSE
import OpenSSL
import Settings
import Site

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

    /// - Returns: the keys that can be used; none where all were revoked, which a sound set says by holding none
    /// - Throws: where the file cannot be read, or is no key set
    static func keySet(_ path: String) throws -> JWKSet {
        switch RegularFile.read(path) {
        case .failure(let unusable): throw Unusable(description: "\(path): the key set \(unusable.reason)")
        case .success(let bytes):
            do {
                // Some editors put a byte order mark before it.
                return try JWKSet(decoding: bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...])
            } catch {
                throw Unusable(description: "\(path): no usable key set: \(error)")
            }
        }
    }

    /// Notes what is wrong with a key set, and warns of keys in it that are not used.
    static func check(jwks path: String, at setting: Setting) -> JWKSet? {
        guard setting.problems.checksFiles else { return nil }
        do {
            let set = try keySet(path)
            for error in set.skipped { setting.warn("\(path): \(error); it is not used") }
            return set
        } catch {
            setting.note("\(error)")
            return nil
        }
    }

    static func check(signingKey path: AgentConfiguration.Signing.Place, keyID: String, at setting: Setting) {
        guard setting.problems.checksFiles else { return }
        do { _ = try signingKey(path, keyID: keyID) } catch { setting.note("\(error)") }
    }
}
