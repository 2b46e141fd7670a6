/// Where a login is kept. The inventory holds this reference; the secret is read when a BMC asks for it.
public struct CredentialReference: Sendable, Hashable {
    public enum Secret: Sendable, Hashable {
        case file(String)
        /// The text of a `${NAME}`, resolved when the inventory was read.
        case value(String)
    }

    public let username: String
    public let secret: Secret

    public init(username: String, secret: Secret) {
        self.username = username
        self.secret = secret
    }

    /// The password, read now. One line end after it is not part of it.
    ///
    /// - Throws: `SecretFile.Unusable`, which names the file
    public func password() throws -> String {
        switch secret {
        case .value(let text): text
        case .file(let path): try SecretFile.text(path)
        }
    }
}
