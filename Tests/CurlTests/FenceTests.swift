import Curl
import Synchronization
import TestSupport
import Testing

/// The last look before a request that may change something goes out.
struct FenceTests {
    private static let answer = Array("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".utf8)

    @Test(arguments: [HTTPRequest.Method.post, .patch, .delete])
    func aClosedFenceLetsNothingOut(_ method: HTTPRequest.Method) async throws {
        let pool = HTTPClientPool(.init(workers: 1), fence: { false })
        defer { pool.shutDown() }
        let server = try RawServer(Self.answer)
        defer { server.close() }
        let error = try await #require(throws: CurlError.self) {
            try await pool.send(HTTPRequest(method, url: "http://127.0.0.1:\(server.port)/", body: Array("{}".utf8)))
        }
        #expect(error.kind == .fenced && !error.mayHaveBeenObeyed)
        // The connection was there, and nothing came over it.
        #expect(try await eventually { !server.requests.isEmpty })
        #expect(server.requests == [""])
    }

    @Test func looksAreNotFenced() async throws {
        let pool = HTTPClientPool(.init(workers: 1), fence: { false })
        defer { pool.shutDown() }
        let server = try RawServer(Self.answer)
        defer { server.close() }
        let response = try await pool.send(HTTPRequest(.get, url: "http://127.0.0.1:\(server.port)/"))
        #expect(response.body == Array("ok".utf8))
    }

    @Test func itIsAskedWhenTheRequestGoesOutAndNotBefore() async throws {
        let isOpen = Mutex(true)
        let pool = HTTPClientPool(.init(workers: 1), fence: { isOpen.withLock { $0 } })
        defer { pool.shutDown() }
        // The first answer takes its time, and closes the fence for the second request, which waits for its turn.
        let server = try RawServer { _, _ in
            isOpen.withLock { $0 = false }
            return Self.answer
        }
        defer { server.close() }
        let request = HTTPRequest(.post, url: "http://127.0.0.1:\(server.port)/", body: [])
        let sending = (0..<2).map { _ in Task { try await pool.send(request) } }
        var results: [Result<HTTPResponse, any Error>] = []
        for task in sending { results.append(await task.result) }
        let refused = results.compactMap { result -> CurlError? in
            if case .failure(let error) = result { error as? CurlError } else { nil }
        }
        #expect(refused.map(\.kind) == [.fenced])
        #expect(server.requests.filter { !$0.isEmpty }.count == 1)
    }
}
