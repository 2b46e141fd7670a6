import Curl

/// What whoever runs the agents can do where etcd does not do what it is asked: which key of `standby.etcd` it is about, what that
/// holds, and what should be there.
struct EtcdRemedies: Sendable {
    var tls: ReplicationSettings.TLS?
    var login: ReplicationSettings.Login?
    var prefix = ""

    /// An error with what can be done about it.
    func completing(_ error: EtcdError) -> EtcdError { Self.adding(words(for: error), to: error) }

    /// Of a request that got no answer.
    func completing(_ error: EtcdError, cause: CurlError) -> EtcdError { Self.adding(words(for: cause), to: error) }

    private static func adding(_ words: String?, to error: EtcdError) -> EtcdError {
        guard let words else { return error }
        return EtcdError(kind: error.kind, endpoint: error.endpoint, message: "\(error.message); \(words)")
    }

    private func words(for error: EtcdError) -> String? {
        let message = error.message
        if message.contains("authentication failed") { return wrongPassword }
        if message.contains("permission denied") { return missingPermission }
        if message.contains("user name is empty"), login == nil {
            return "it asks for a login: set standby.etcd.username and standby.etcd.password_file"
        }
        if message.contains("authentication is not enabled") {
            return "standby.etcd.username is set, and etcd asks for no login: `etcdctl auth enable`, or take it out"
        }
        return nil
    }

    private var wrongPassword: String? {
        guard let login else { return nil }
        return """
            standby.etcd.password_file: \(login.passwordFile) should hold the password of etcd's user \(login.username) \
            (standby.etcd.username); it is read at each login, so that no restart is needed
            """
    }

    private var missingPermission: String {
        let user = login.map { "user \($0.username) (standby.etcd.username)" } ?? "this agent"
        return """
            \(user) should have a role that may read and write below standby.etcd.prefix \(prefix): `etcdctl role \
            grant-permission ROLE --prefix=true readwrite \(prefix)/`, `etcdctl user grant-role \(login?.username ?? "USER") ROLE`
            """
    }

    private func words(for error: CurlError) -> String? {
        // What the other side says of our certificate comes as an alert, at the handshake or at the first read.
        if error.message.contains("alert") || error.message.contains("client certificate") { return identityWords }
        guard error.kind == .tls else { return nil }
        let authorities = tls?.authorities ?? "not set, so that it is the operating system's authorities"
        return """
            standby.etcd.tls.ca: \(authorities); it should hold the authority of the certificates of etcd's members \
            (--cert-file), which should be for the name in standby.etcd.endpoints
            """
    }

    private var identityWords: String {
        guard let certificate = tls?.certificate else {
            return "it asks for a certificate: set standby.etcd.tls.certificate and standby.etcd.tls.key"
        }
        return """
            standby.etcd.tls.certificate: \(certificate) should be signed by an authority of etcd's --trusted-ca-file, and be \
            valid now
            """
    }
}
