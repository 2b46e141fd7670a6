import Curl
import StrictJSON

/// One request to one member of etcd, over libcurl.
struct EtcdTransport: Sendable {
    /// More than a page of the log, which etcd bounds, with what base64 adds to it.
    private static let mostBytes = 16 << 20
    /// The longest line of a watch: with `fragment`, etcd's messages have 1.5 MiB and one value more.
    private static let longestLine = 8 << 20
    /// The most that may have come of a watch before somebody took it.
    private static let mostUntaken = 64 << 20

    let pool: HTTPClientPool
    let tls: TLSTrust
    let identity: TLSIdentity?
    let remedies: EtcdRemedies

    init(_ settings: ReplicationSettings.TLS?, remedies: EtcdRemedies) {
        self.remedies = remedies
        // A watch, the keepalives, an append, a status, a command's answers: none waits for another.
        pool = HTTPClientPool(.init(workers: 1, connectionsPerOrigin: 16))
        tls = settings?.authorities.map(TLSTrust.authorities(file:)) ?? .systemAuthorities
        if let certificate = settings?.certificate, let key = settings?.key {
            identity = TLSIdentity(certificate: certificate, key: key)
        } else {
            identity = nil
        }
    }

    func shutDown() { pool.shutDown() }

    private func request(
        _ endpoint: EtcdEndpoint, _ path: String, _ body: String, token: String?, limit: Duration
    ) -> HTTPRequest {
        var headers = [(name: "Content-Type", value: "application/json")]
        if let token { headers.append((name: "Authorization", value: token)) }
        var request = HTTPRequest(
            .post, url: endpoint.url + path, headers: headers, body: Array(body.utf8), tls: tls,
            connectTimeout: min(limit, .seconds(2)), timeout: limit, maximumBodySize: Self.mostBytes)
        request.identity = identity
        return request
    }

    private func error(_ error: any Error, _ endpoint: EtcdEndpoint) -> any Error {
        guard let cause = error as? CurlError else { return error }
        let kind: EtcdError.Kind =
            switch cause.kind {
            case .tooLarge: .tooLarge
            case .protocolViolation: .malformed
            default: .away
            }
        return remedies.completing(
            EtcdError(kind: kind, endpoint: endpoint.url, message: cause.message), cause: cause)
    }

    private func refusal(_ response: HTTPResponse, by endpoint: EtcdEndpoint) -> EtcdError {
        remedies.completing(EtcdAnswers.refusal(response.body, status: response.status, endpoint: endpoint.url))
    }

    /// - Throws: ``EtcdError``, or `CancellationError`
    func send(
        _ endpoint: EtcdEndpoint, _ path: String, _ body: String, token: String?, limit: Duration
    ) async throws -> JSONValue {
        let response: HTTPResponse
        do {
            response = try await pool.send(request(endpoint, path, body, token: token, limit: limit))
        } catch {
            throw self.error(error, endpoint)
        }
        guard response.status == 200 else {
            throw refusal(response, by: endpoint)
        }
        let json: JSONValue
        do {
            json = try JSONValue(parsing: response.body)
        } catch {
            throw EtcdError(
                kind: .malformed, endpoint: endpoint.url, message: "\(path): the answer is no JSON: \(error)")
        }
        // A stream's answer says within itself that it failed.
        if json["error"] != nil {
            throw refusal(response, by: endpoint)
        }
        return json
    }

    /// Watches until the connection ends, which is always an error.
    func watch(
        _ endpoint: EtcdEndpoint, _ body: String, token: String?,
        take: @Sendable (EtcdWatchNews) async throws -> Void
    ) async throws {
        var request = request(endpoint, "/v3/watch", body, token: token, limit: .seconds(2))
        // A member without a majority behind it says nothing otherwise.
        request.headers.append((name: "Grpc-Metadata-hasleader", value: "true"))
        let untaken = UntakenBytes(most: Self.mostUntaken)
        let (chunks, continuation) = AsyncThrowingStream.makeStream(of: [UInt8].self)
        request.stream = HTTPStream(silence: .seconds(1200)) { bytes in
            continuation.yield(bytes)
            return untaken.add(bytes.count)
        }
        let (pool, sent) = (pool, request)
        let sending = Task {
            do {
                let response = try await pool.send(sent)
                guard response.status == 200 else {
                    throw refusal(response, by: endpoint)
                }
                throw EtcdError(kind: .away, endpoint: endpoint.url, message: "the watch was closed")
            } catch {
                continuation.finish(throwing: self.error(error, endpoint))
            }
        }
        defer { sending.cancel() }
        var lines = StreamLines(longest: Self.longestLine)
        for try await chunk in chunks {
            untaken.take(chunk.count)
            let complete: [[UInt8]]
            do { complete = try lines.add(chunk) } catch {
                throw EtcdError(kind: .tooLarge, endpoint: endpoint.url, message: "news of the watch is too long")
            }
            for line in complete { try await take(try EtcdWatchNews(line, endpoint: endpoint.url)) }
        }
        throw CancellationError()
    }
}
