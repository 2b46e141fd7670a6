import Foundation
public import OpenSSL
public import Site

/// The certificate authority of a simulated fleet, kept beside the CA file that the inventory tells agents to trust.
public enum FleetAuthority {
    private static let name = "Simulated BMC fleet"

    /// Reuses the authority of the inventory's CA file, or makes one and writes the file. A CA file that is not ours is
    /// never overwritten.
    public static func prepare(for site: Site) throws -> CertificateAuthority {
        let files = Set(
            site.bmcs.compactMap { bmc in
                if case .authorities(let file) = bmc.trust { file } else { nil }
            })
        guard let file = files.first else { return try CertificateAuthority(name: name) }
        guard files.count == 1 else {
            throw SimulatedFleet.CannotServe(
                description: "the inventory names \(files.count) CA files; a simulated fleet has one")
        }
        let keyFile = file + ".key"
        switch (FileManager.default.contents(atPath: file), FileManager.default.contents(atPath: keyFile)) {
        case (let certificate?, let key?):
            return try CertificateAuthority(
                name: name, certificatePEM: String(decoding: certificate, as: UTF8.self),
                keyPEM: String(decoding: key, as: UTF8.self))
        case (nil, nil):
            let authority = try CertificateAuthority(name: name)
            try Data(authority.certificatePEM.utf8).write(to: URL(fileURLWithPath: file))
            guard
                FileManager.default.createFile(
                    atPath: keyFile, contents: Data(try authority.keyPEM().utf8),
                    attributes: [.posixPermissions: 0o600])
            else { throw SimulatedFleet.CannotServe(description: "\(keyFile): cannot be written") }
            return authority
        default:
            throw SimulatedFleet.CannotServe(
                description: "\(file): a CA that this simulator did not make; move it or name another file")
        }
    }
}
