import COpenSSL

/// A throw-away certificate authority for simulated BMCs and test brokers: P-256, SHA-256, valid for a year.
///
/// Never the source of trust in production; there the site's own authority issues BMC certificates.
public struct CertificateAuthority: Sendable {
    /// A certificate with its private key, both PEM.
    public struct Identity: Sendable {
        public let certificatePEM: String
        public let keyPEM: String
    }

    /// What a certificate is issued to.
    public struct Subject: Sendable {
        public var commonName: String
        public var addresses: [String]
        public var names: [String]

        public init(commonName: String, addresses: [String] = [], names: [String] = []) {
            self.commonName = commonName
            self.addresses = addresses
            self.names = names
        }

        var alternativeNames: String {
            (addresses.map { "IP:\($0)" } + names.map { "DNS:\($0)" }).joined(separator: ",")
        }
    }

    private let key: PrivateKey
    private let name: String
    public let certificatePEM: String

    /// A new authority with a self-signed certificate.
    public init(name: String) throws {
        let key = try PrivateKey.generate(.p256)
        let certificate = try Self.certificate(
            subject: name, issuer: name, key: key.handle, signer: key.handle,
            extensions: [
                (NID_basic_constraints, "critical,CA:TRUE"), (NID_key_usage, "critical,keyCertSign,cRLSign"),
            ])
        self.key = key
        self.name = name
        certificatePEM = certificate
    }

    /// An authority made earlier, to go on issuing under the same certificate.
    public init(name: String, certificatePEM: String, keyPEM: String) throws {
        self.name = name
        self.certificatePEM = certificatePEM
        key = try PrivateKey(pem: keyPEM)
    }

    public func keyPEM() throws -> String { try key.pem() }

    /// A certificate for a server or a client, with a key of its own unless one is handed in.
    public func issue(to subject: Subject, key subjectKey: PrivateKey? = nil) throws -> Identity {
        let subjectKey = try subjectKey ?? PrivateKey.generate(.p256)
        var extensions = [
            (NID_basic_constraints, "critical,CA:FALSE"), (NID_key_usage, "critical,digitalSignature"),
            (NID_ext_key_usage, "serverAuth,clientAuth"),
        ]
        if !subject.alternativeNames.isEmpty { extensions.append((NID_subject_alt_name, subject.alternativeNames)) }
        let certificate = try Self.certificate(
            subject: subject.commonName, issuer: name, key: subjectKey.handle, signer: key.handle,
            extensions: extensions)
        return Identity(certificatePEM: certificate, keyPEM: try subjectKey.pem())
    }

    private static func certificate(
        subject: String, issuer: String, key: KeyHandle, signer: KeyHandle, extensions: [(Int32, String)]
    ) throws -> String {
        let serial = try RandomBytes.draw(16)
        return try OpenSSLError.checking("issuing a certificate for \(subject)") {
            guard let certificate = X509_new() else { return nil }
            defer { X509_free(certificate) }
            let number = BN_bin2bn([serial[0] & 0x7F] + serial.dropFirst(), 16, nil)
            defer { BN_free(number) }
            BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate))
            guard X509_set_version(certificate, 2) == 1,
                X509_gmtime_adj(X509_getm_notBefore(certificate), -3600) != nil,
                X509_gmtime_adj(X509_getm_notAfter(certificate), 365 * 86_400) != nil,
                setName(subject, X509_get_subject_name(certificate)),
                setName(issuer, X509_get_issuer_name(certificate)),
                X509_set_pubkey(certificate, key.pointer) == 1
            else { return nil }
            for (nid, value) in extensions {
                guard let item = X509V3_EXT_conf_nid(nil, nil, nid, value) else { return nil }
                defer { X509_EXTENSION_free(item) }
                guard X509_add_ext(certificate, item, -1) == 1 else { return nil }
            }
            guard X509_sign(certificate, signer.pointer, EVP_sha256()) > 0, let bio = BIO_new(BIO_s_mem()) else {
                return nil
            }
            defer { BIO_free(bio) }
            guard PEM_write_bio_X509(bio, certificate) == 1 else { return nil }
            return PrivateKey.text(of: bio)
        }
    }

    private static func setName(_ commonName: String, _ name: OpaquePointer?) -> Bool {
        X509_NAME_add_entry_by_txt(name, "CN", V_ASN1_UTF8STRING, commonName, -1, -1, 0) == 1
    }
}
