import Curl
import Dispatch
import EventBus
import Foundation
import Logging
import PowerEvents
import Settings
import Site
import StrictJSON
import Synchronization

/// Access tokens for the broker by OAuth 2 client credentials (RFC 6749, 4.4): a fresh one at each connect, and a
/// reconnect with the next one before the broker would end the session for an old one.
final class AccessTokens: Sendable {
    struct Failed: Error, CustomStringConvertible {
        let description: String
    }

    private let settings: AgentConfiguration.OAuth2
    private let pool: HTTPClientPool
    private let logger: Logger
    private let state = Mutex<(generation: Int, renewal: Task<Void, Never>?)>((0, nil))

    init(_ settings: AgentConfiguration.OAuth2, logger: Logger) {
        self.settings = settings
        self.logger = logger
        pool = HTTPClientPool(.init(workers: 1))
    }

    deinit { pool.shutDown() }

    /// Fetches a token, waiting for it on this thread, which must be the broker connection's own.
    ///
    /// - Parameter renew: called when four fifths of the token's life are over and no other was fetched meanwhile
    func fetch(renew: @escaping @Sendable () -> Void) throws -> String {
        let done = DispatchSemaphore(value: 0)
        let result = Mutex<Result<HTTPResponse, any Error>?>(nil)
        let request = try request()
        Task.detached { [pool] in
            do {
                let response = try await pool.send(request)
                result.withLock { $0 = .success(response) }
            } catch {
                result.withLock { $0 = .failure(error) }
            }
            done.signal()
        }
        done.wait()
        guard let response = try result.withLock({ $0 })?.get() else {
            throw Failed(description: "\(settings.tokenURL): no answer")
        }
        let (token, lifetime) = try read(response)
        schedule(after: lifetime, renew)
        return token
    }

    private func request() throws -> HTTPRequest {
        let secret = try SecretFile.text(settings.secretFile)
        // RFC 6749, 2.3.1: both parts are form-encoded before they are joined.
        let login = "\(Self.encode(settings.clientID)):\(Self.encode(secret))"
        var form = "grant_type=client_credentials"
        if let scope = settings.scope { form += "&scope=\(Self.encode(scope))" }
        return HTTPRequest(
            .post, url: settings.tokenURL,
            headers: [
                ("Authorization", "Basic \(Data(login.utf8).base64EncodedString())"),
                ("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json"),
            ], body: Array(form.utf8),
            tls: settings.authorities.map { .authorities(file: $0) } ?? .systemAuthorities,
            timeout: .seconds(15), maximumBodySize: 65_536, freshConnection: true)
    }

    private func read(_ response: HTTPResponse) throws -> (token: String, lifetime: Duration?) {
        let json = try? JSONValue(parsing: response.body)
        guard response.status == 200 else {
            let reason = [json?["error"]?.string, json?["error_description"]?.string].compactMap { $0 }
            throw Failed(
                description: "\(settings.tokenURL): HTTP \(response.status) \(reason.joined(separator: ": "))")
        }
        guard let token = json?["access_token"]?.string, !token.isEmpty else {
            throw Failed(description: "\(settings.tokenURL): the answer has no access_token")
        }
        if let type = json?["token_type"]?.string, type.lowercased() != "bearer" {
            throw Failed(description: "\(settings.tokenURL): token_type should be Bearer (got \(type))")
        }
        // Renewed every month at the latest, whatever the server calls its life.
        let lifetime = json?["expires_in"]?.number.map { Int(saturating: $0.double) }
        return (token, lifetime.map { .seconds(min(max($0, 0), 30 * 86_400)) })
    }

    private func schedule(after lifetime: Duration?, _ renew: @escaping @Sendable () -> Void) {
        guard let lifetime, lifetime > .zero else { return }
        let wait = max(lifetime * 4 / 5, .seconds(1))
        let generation = state.withLock { state in
            state.generation += 1
            state.renewal?.cancel()
            return state.generation
        }
        logger.info("fetched an access token for the broker", metadata: ["renewed_in": "\(wait)"])
        let task = Task { [weak self] in
            guard (try? await Task.sleep(for: wait)) != nil,
                self?.state.withLock({ $0.generation == generation }) == true
            else { return }
            renew()
        }
        state.withLock { $0.renewal = task }
    }

    /// As `application/x-www-form-urlencoded` spells it.
    private static func encode(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(CharacterSet(charactersIn: "-._*")))
            ?? ""
    }
}
