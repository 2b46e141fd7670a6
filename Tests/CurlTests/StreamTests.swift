import Curl
import Synchronization
import TestSupport
import Testing

/// Answers that are taken as they come.
struct StreamTests {
    private static let head = Array("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n".utf8)

    private func request(_ port: Int, silence: Duration = .seconds(20), _ stream: @escaping @Sendable ([UInt8]) -> Bool)
        -> HTTPRequest
    {
        var request = HTTPRequest(
            .post, url: "http://127.0.0.1:\(port)/", body: [], timeout: .milliseconds(200), maximumBodySize: 4)
        request.stream = HTTPStream(silence: silence, take: stream)
        return request
    }

    @Test func bytesComeAsTheyArriveAndAreNoBody() async throws {
        let pool = HTTPClientPool(.init(workers: 1))
        defer { pool.shutDown() }
        let server = try RawServer(Self.head + Array("one two three".utf8))
        defer { server.close() }
        let taken = Mutex<[UInt8]>([])
        let response = try await pool.send(
            request(server.port) { bytes in
                taken.withLock { $0 += bytes }
                return true
            })
        #expect(response.status == 200 && response.body.isEmpty)
        #expect(String(decoding: taken.withLock { $0 }, as: UTF8.self) == "one two three")
    }

    /// Longer than the time-out of others, and than their size.
    @Test func aStreamEndsWhenItIsNotWantedAnyMore() async throws {
        let pool = HTTPClientPool(.init(workers: 1))
        defer { pool.shutDown() }
        let server = try RawServer(Self.head, tail: Array("0123456789".utf8))
        defer { server.close() }
        let count = Mutex(0)
        let start = ContinuousClock.now
        let error = try await #require(throws: CurlError.self) {
            try await pool.send(
                request(server.port) { bytes in
                    count.withLock { $0 += bytes.count }
                    return ContinuousClock.now - start < .milliseconds(500)
                })
        }
        #expect(error.kind == .tooLarge && error.message.contains("no longer wanted"))
        #expect(count.withLock { $0 } > 100 && ContinuousClock.now - start >= .milliseconds(500))
    }

    @Test func whatIsNoSuccessIsAnAnswer() async throws {
        let pool = HTTPClientPool(.init(workers: 1))
        defer { pool.shutDown() }
        let server = try RawServer(Array("HTTP/1.1 503 No\r\nContent-Length: 3\r\n\r\nbad".utf8))
        defer { server.close() }
        let response = try await pool.send(request(server.port) { _ in false })
        #expect(response.status == 503 && response.body == Array("bad".utf8))
    }

    @Test func silenceIsATimeout() async throws {
        let pool = HTTPClientPool(.init(workers: 1))
        defer { pool.shutDown() }
        let listener = try SilentListener()
        defer { withExtendedLifetime(listener) {} }
        let error = try await #require(throws: CurlError.self) {
            try await pool.send(request(listener.port, silence: .seconds(1)) { _ in true })
        }
        #expect(error.kind == .timeout && error.mayHaveBeenObeyed)
    }

    @Test func aStreamIsCancelled() async throws {
        let pool = HTTPClientPool(.init(workers: 1))
        defer { pool.shutDown() }
        let server = try RawServer(Self.head, tail: Array("x".utf8))
        defer { server.close() }
        let begun = Mutex(false)
        let sending = Task {
            try await pool.send(
                request(server.port) { _ in
                    begun.withLock { $0 = true }
                    return true
                })
        }
        #expect(try await eventually { begun.withLock { $0 } })
        sending.cancel()
        await #expect(throws: CancellationError.self) { try await sending.value }
    }
}
