import Foundation
import OpenSSL

/// A PEM file with the certificates of authorities that somebody's certificate has to come from.
public enum AuthorityFile {
    /// What speaks against a file as a set of authorities; nil where nothing does.
    public static func objection(to path: String) -> String? {
        switch RegularFile.read(path) {
        case .failure(let unusable): return unusable.reason
        case .success(let bytes):
            guard !bytes.isEmpty else { return "is empty, where certificates in PEM should stand" }
            do {
                let count = try CertificateFile.count(inPEM: bytes)
                return count > 0 ? nil : "holds no certificate in PEM (-----BEGIN CERTIFICATE-----)"
            } catch {
                return "holds a certificate that cannot be read: \(error)"
            }
        }
    }
}

extension Setting {
    /// The path of a file with the certificates of authorities.
    public func authorityFile() -> String? {
        guard let path = path() else { return nil }
        guard problems.checksFiles, let objection = problems.objection(to: path, AuthorityFile.objection) else {
            return path
        }
        return fail("\(path): \(objection)", showingValue: false)
    }
}
