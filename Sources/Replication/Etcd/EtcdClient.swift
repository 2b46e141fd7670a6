import Foundation
import Retrying
import StrictJSON
import Synchronization

/// etcd by its JSON gateway: any of several members, with or without a login.
///
/// What is asked here may be asked twice: where no answer comes, another member is asked the same, until the time is over.
/// All requests of this module bear that; transactions by what they compare.
final class EtcdClient: Sendable {
    let endpoints: [EtcdEndpoint]
    private let transport: EtcdTransport
    private let tokens: EtcdTokens?
    private let order: Mutex<EndpointOrder>

    /// - Parameter prefix: of all keys, as the settings have it
    init(
        _ endpoints: [EtcdEndpoint], tls: ReplicationSettings.TLS?, login: ReplicationSettings.Login?,
        prefix: String = ""
    ) {
        let transport = EtcdTransport(tls, remedies: EtcdRemedies(tls: tls, login: login, prefix: prefix))
        self.endpoints = endpoints
        self.transport = transport
        order = Mutex(EndpointOrder(count: endpoints.count))
        let turns = EndpointTurns(endpoints)
        tokens = login.map { login in
            EtcdTokens(login) { body in
                try await turns.each { endpoint in
                    try await transport.send(
                        endpoint, "/v3/auth/authenticate", body, token: nil, limit: .seconds(3))
                }
            }
        }
    }

    /// How each member last answered.
    var members: [ReplicationStatus.Endpoint] {
        order.withLock { order in
            endpoints.enumerated().map { index, endpoint in
                .init(url: endpoint.url, isHealthy: order.answered[index], trouble: order.troubles[index])
            }
        }
    }

    func shutDown() { transport.shutDown() }

    // MARK: Requests

    func range(
        _ range: EtcdRange, limit: Int = 0, revision: Int64 = 0, keysOnly: Bool = false, last: Bool = false,
        within time: Duration
    ) async throws -> EtcdPage {
        let body = EtcdRequests.range(range, limit: limit, revision: revision, keysOnly: keysOnly, last: last)
        return try await ask("/v3/kv/range", body, within: time) { try EtcdAnswers.page($0, of: range) }
    }

    func transaction(
        _ transaction: EtcdTransaction, within time: Duration
    ) async throws -> EtcdTransaction.Answer {
        try await ask("/v3/kv/txn", EtcdRequests.transaction(transaction), within: time) {
            try EtcdAnswers.transaction($0, of: transaction)
        }
    }

    func grant(_ ttl: Duration, within time: Duration) async throws -> (id: Int64, ttl: Duration) {
        let seconds = max(1, Int64((ttl / .seconds(1)).rounded(.up)))
        return try await ask("/v3/lease/grant", EtcdRequests.grant(seconds: seconds), within: time) {
            try EtcdAnswers.grant($0)
        }
    }

    /// - Returns: what is left of it; nil where there is no such lease
    func keepAlive(_ lease: Int64, within time: Duration) async throws -> Duration? {
        try await ask("/v3/lease/keepalive", EtcdRequests.lease(lease), within: time) {
            try EtcdAnswers.keepAlive($0, of: lease)
        }
    }

    func revoke(_ lease: Int64, within time: Duration) async throws {
        try await ask("/v3/lease/revoke", EtcdRequests.lease(lease), within: time) { _ in }
    }

    /// Tells what changes in a range, from a revision on, until something goes wrong, which it throws.
    func watch(
        _ range: EtcdRange, from revision: Int64, take: @Sendable (EtcdWatchNews) async throws -> Void
    ) async throws {
        let index = order.withLock { $0.current }
        let endpoint = endpoints[index]
        do {
            let token = try await tokens?.current()
            try await transport.watch(endpoint, EtcdRequests.watch(range, from: revision), token: token, take: take)
        } catch let error as EtcdError {
            if error.kind == .token { _ = try await tokens?.current(refused: tokens?.current()) }
            if error.isTransient { order.withLock { $0.failed(index, error.message) } }
            throw error
        }
    }

    /// Asks each member how it is.
    func lookAtMembers() async {
        let token = try? await tokens?.current()
        await withTaskGroup(of: Void.self) { group in
            for (index, endpoint) in endpoints.enumerated() {
                group.addTask { [self] in
                    var trouble: String?
                    do {
                        let status = try await transport.send(
                            endpoint, "/v3/maintenance/status", "{}", token: token, limit: .seconds(2))
                        if try EtcdAnswers.int64(status["leader"].map(Self.unsigned), "leader") == 0 {
                            trouble = "it knows no leader: a majority of etcd's members is away"
                        }
                    } catch let error as EtcdError where error.kind == .denied || error.kind == .token {
                        // It answers, which is what is asked.
                    } catch is CancellationError {
                        return
                    } catch {
                        trouble = (error as? EtcdError)?.message ?? "\(error)"
                    }
                    order.withLock { $0.note(index, trouble: trouble) }
                }
            }
        }
    }

    /// Members' ids have 64 bits without a sign; here it only counts whether there is one.
    private static func unsigned(_ value: JSONValue) -> JSONValue {
        value.string.flatMap(UInt64.init).map { $0 == 0 ? "0" : "1" } ?? value
    }

    // MARK: Asking

    /// - Parameter time: over all tries
    private func ask<Value>(
        _ path: String, _ body: String, within time: Duration, read: (JSONValue) throws -> Value
    ) async throws -> Value {
        let end = BootClock.now() + time
        // Time for a second member and a third, where the first one hangs.
        let share = max(.milliseconds(100), time / min(endpoints.count, 3))
        var failures = 0
        var refusedToken: String?
        while true {
            let index = order.withLock { $0.current }
            let endpoint = endpoints[index]
            var token: String?
            do {
                token = try await tokens?.current(refused: refusedToken)
                let limit = min(share, max(.milliseconds(50), end - BootClock.now()))
                let answer = try await transport.send(endpoint, path, body, token: token, limit: limit)
                let value: Value
                do { value = try read(answer) } catch {
                    throw EtcdError(kind: .malformed, endpoint: endpoint.url, message: "\(path): \(error)")
                }
                order.withLock { $0.succeeded(index) }
                return value
            } catch let error as EtcdError {
                if error.kind == .token, let token, refusedToken == nil {
                    refusedToken = token
                    continue
                }
                guard error.isTransient else { throw error }
                order.withLock { $0.failed(index, error.message) }
                let delay =
                    failures % endpoints.count == endpoints.count - 1
                    ? Backoff.etcd.delay(after: failures / endpoints.count, fraction: .random(in: 0...1)) : .zero
                failures += 1
                guard BootClock.now() + delay + .milliseconds(50) < end else { throw error }
                if delay > .zero { try await Task.sleep(for: delay) }
            }
        }
    }
}
