import Foundation
import JOSE
import OpenSSL
import Settings

/// Reads keys from files, with errors that name the file.
enum KeyFiles {
    struct Unusable: Error, Sendable, CustomStringConvertible {
        let description: String
    }

    static func signingKey(_ path: String, keyID: String) throws -> SigningKey {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Unusable(description: "\(path): the signing key cannot be read")
        }
        do {
            return try SigningKey(PrivateKey(pem: String(decoding: data, as: UTF8.self)), keyID: keyID)
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

    static func check(signingKey path: String, keyID: String, at setting: Setting) {
        do { _ = try signingKey(path, keyID: keyID) } catch { setting.note("\(error)") }
    }
}
