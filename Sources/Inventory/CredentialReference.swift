import Foundation

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
    /// - Throws: an error that names the file
    public func password() throws -> String {
        switch secret {
        case .value(let text): return text
        case .file(let path):
            guard let data = FileManager.default.contents(atPath: path), !data.isEmpty else {
                throw UnreadableSecret(path: path)
            }
            var text = String(decoding: data, as: UTF8.self)
            if text.hasSuffix("\n") { text.removeLast() }
            return text
        }
    }

    public struct UnreadableSecret: Error, Sendable, CustomStringConvertible {
        public let path: String
        public var description: String { "\(path): the secret cannot be read or is empty" }
    }
}
