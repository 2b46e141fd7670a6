import JOSE
import StrictJSON

/// The public half of the configured signing key, for those who verify this agent's events.
public enum PublicKeySet {
    /// - Parameter keyID: another name for it than the configured one
    /// - Throws: an error that names the key
    public static func text(of signing: AgentConfiguration.Signing, keyID: String? = nil) throws -> String {
        let key = try KeyFiles.signingKey(signing.key, keyID: keyID ?? signing.keyID)
        return try JWKSet([key.jwk()]).json().text
    }
}
