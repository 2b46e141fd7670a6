import Foundation
import StrictJSON

/// The token that a user of etcd's gets for its password.
///
/// etcd forgets it after five minutes without use, on each of its members by itself, and at each restart. It is renewed
/// before that, while the old one is still used, and at once where it is refused.
actor EtcdTokens {
    /// Well below etcd's five minutes.
    private static let renewal = Duration.seconds(120)
    private static let longestPassword = 4096

    private let login: ReplicationSettings.Login
    private let authenticate: @Sendable (_ body: String) async throws -> JSONValue
    private var token: String?
    private var since: BootInstant?
    private var renewing: Task<String, any Error>?

    init(_ login: ReplicationSettings.Login, authenticate: @escaping @Sendable (String) async throws -> JSONValue) {
        self.login = login
        self.authenticate = authenticate
    }

    /// - Parameter refused: a token that etcd did not take
    func current(refused: String? = nil) async throws -> String {
        if let token, token != refused {
            if let since, BootClock.now() - since > Self.renewal, renewing == nil { renewing = begin() }
            return token
        }
        let task = renewing ?? begin()
        renewing = task
        return try await task.value
    }

    private func begin() -> Task<String, any Error> {
        Task {
            defer { renewing = nil }
            let token = try await draw()
            (self.token, since) = (token, BootClock.now())
            return token
        }
    }

    private func draw() async throws -> String {
        guard let data = FileManager.default.contents(atPath: login.passwordFile), data.count <= Self.longestPassword
        else {
            throw EtcdError(
                kind: .denied, endpoint: login.passwordFile,
                message: "standby.etcd.password_file: the password of etcd's user \(login.username) cannot be read")
        }
        let password = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .newlines)
        let body: JSONValue = ["name": .string(login.username), "password": .string(password)]
        let answer = try await authenticate(body.text)
        guard let token = answer["token"]?.string, !token.isEmpty, token.utf8.count <= 8192,
            token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else {
            throw EtcdError(
                kind: .malformed, endpoint: login.username, message: "etcd's answer to the login has no token")
        }
        return token
    }
}
