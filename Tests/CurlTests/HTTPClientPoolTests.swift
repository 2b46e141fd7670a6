import Curl
import FleetSimulator
import TestSupport
import Testing

struct HTTPClientPoolTests {
    @Test func aRefusedConnectionWasNotObeyed() async throws {
        let pool = HTTPClientPool(.init(workers: 1))
        defer { pool.shutDown() }
        let port = try FreePort.find()
        let error = try await #require(throws: CurlError.self) {
            try await pool.send(HTTPRequest(.patch, url: "http://127.0.0.1:\(port)/", body: Array("{}".utf8)))
        }
        #expect(error.kind == .couldNotConnect)
        #expect(!error.mayHaveBeenObeyed)
    }

    @Test func aCancelledRequestEnds() async throws {
        let pool = HTTPClientPool(.init(workers: 1))
        defer { pool.shutDown() }
        let listener = try SilentListener()
        defer { withExtendedLifetime(listener) {} }
        let task = Task { try await pool.send(HTTPRequest(.get, url: "http://127.0.0.1:\(listener.port)/")) }
        try await Task.sleep(for: .milliseconds(100))
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    /// The cancellation comes at any moment: before the submission, with it, or while the request waits or flies.
    @Test func cancelledAtAnyMomentEachRequestEndsOnce() async throws {
        let pool = HTTPClientPool(.init(workers: 1, maximumInFlight: 2))
        defer { pool.shutDown() }
        let listener = try SilentListener()
        defer { withExtendedLifetime(listener) {} }
        for round in 0..<300 {
            // Beside all other tests, this one may have to wait for the processor longer than a request usually may last.
            let request = HTTPRequest(.get, url: "http://127.0.0.1:\(listener.port)/", timeout: .seconds(600))
            let task = Task { try await pool.send(request) }
            for _ in 0..<(round % 5) { await Task.yield() }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
    }

    @Test func aServerThatHangsRunsIntoTheTimeout() async throws {
        let pool = HTTPClientPool(.init(workers: 1))
        defer { pool.shutDown() }
        let listener = try SilentListener()
        defer { withExtendedLifetime(listener) {} }
        let error = try await #require(throws: CurlError.self) {
            try await pool.send(
                HTTPRequest(
                    .post, url: "http://127.0.0.1:\(listener.port)/", body: [], timeout: .milliseconds(300)))
        }
        #expect(error.kind == .timeout)
        #expect(error.mayHaveBeenObeyed)
    }

    /// Handshakes that hang, more than may be in flight and more urgent, do not keep one from beginning that does not.
    @Test func handshakesThatHangTakeNobodysPlace() async throws {
        let pool = HTTPClientPool(.init(workers: 1, maximumHandshakes: 2))
        defer { pool.shutDown() }
        let listeners = try (0..<9).map { _ in try SilentListener() }
        defer { withExtendedLifetime(listeners) {} }
        let server = try TokenEndpoint { _, _ in .init(token: "x", lifetimeSeconds: 1) }
        defer { server.close() }
        let hanging = listeners.map { listener in
            Task {
                try await pool.send(
                    HTTPRequest(
                        .get, url: "https://127.0.0.1:\(listener.port)/", connectTimeout: .seconds(120),
                        timeout: .seconds(120)))
            }
        }
        while pool.queueDepth.inFlight + pool.queueDepth.waiting < listeners.count { await Task.yield() }
        let answer = try await pool.send(
            HTTPRequest(
                .post, url: "http://127.0.0.1:\(server.port)/", headers: [("Authorization", "Basic eDp5")], body: [],
                priority: 1))
        #expect(answer.status == 200)
        #expect(pool.queueDepth.inFlight >= listeners.count, "they hang on")
        for task in hanging { task.cancel() }
    }

    /// Where descriptors are few: what hangs does not keep the connections of others open, for which another waits.
    @Test(.timeLimit(.minutes(1))) func aConnectionThatIsNotKeptMakesRoomBesideOneThatHangs() async throws {
        let pool = HTTPClientPool(.init(workers: 1, maximumConnections: 1, maximumPassing: 2))
        defer { pool.shutDown() }
        let listener = try SilentListener()
        defer { withExtendedLifetime(listener) {} }
        let hanging = Task {
            try await pool.send(
                HTTPRequest(.get, url: "http://127.0.0.1:\(listener.port)/", timeout: .seconds(120)))
        }
        while pool.queueDepth.inFlight < 1 { await Task.yield() }
        for _ in 0..<3 {
            let server = try TokenEndpoint { _, _ in .init(token: "x", lifetimeSeconds: 1) }
            defer { server.close() }
            let answer = try await pool.send(
                HTTPRequest(
                    .post, url: "http://127.0.0.1:\(server.port)/", headers: [("Authorization", "Basic eDp5")], body: []
                ))
            #expect(answer.status == 200)
        }
        #expect(pool.queueDepth.inFlight >= 1, "it hangs on")
        hanging.cancel()
    }

    /// The connection of a BMC of which nothing more is wanted is closed at once, where it is not one of those kept.
    @Test(.timeLimit(.minutes(1)), arguments: [(HTTPRequest.Followup.unlikely, 0), (.none, 1000)])
    func aConnectionIsClosedAfterItsLastRequest(followup: HTTPRequest.Followup, kept: Int) async throws {
        let pool = HTTPClientPool(.init(workers: 1, maximumConnections: kept))
        defer { pool.shutDown() }
        let listener = try SilentListener()
        let server = Task { await listener.answer(2) }
        for followup in [.expected, followup] {
            let answer = try await pool.send(
                HTTPRequest(
                    .get, url: "http://127.0.0.1:\(listener.port)/", timeout: .seconds(300), followup: followup))
            #expect(answer.status == 200)
        }
        // A pool that keeps it would keep this waiting. On a slow machine the first one's connection may be closed too.
        _ = await withTaskCancellationHandler {
            await server.value
        } onCancel: {
            pool.shutDown()
        }
    }

    @Test func aKeptConnectionStaysOpenThoughNothingIsExpected() async throws {
        let pool = HTTPClientPool(.init(workers: 1, maximumConnections: 1000))
        let listener = try SilentListener()
        let server = Task { await listener.answer(2) }
        for _ in 0..<2 {
            let answer = try await pool.send(
                HTTPRequest(
                    .get, url: "http://127.0.0.1:\(listener.port)/", timeout: .seconds(300), followup: .unlikely))
            #expect(answer.status == 200)
        }
        pool.shutDown()
        #expect(await server.value == 1, "connections")
    }

    @Test func requestsAfterTheShutDownFail() async throws {
        let pool = HTTPClientPool(.init(workers: 2))
        pool.shutDown()
        let error = try await #require(throws: CurlError.self) {
            try await pool.send(HTTPRequest(.get, url: "http://127.0.0.1:9/"))
        }
        #expect(error.kind == .shutDown)
    }

    /// An answer as long as it may be, and one byte longer.
    @Test func answersAreBounded() async throws {
        let server = try TokenEndpoint { _, _ in
            .init(token: String(repeating: "x", count: 100_000), lifetimeSeconds: 1)
        }
        defer { server.close() }
        let pool = HTTPClientPool(.init(workers: 1))
        defer { pool.shutDown() }
        func send(_ limit: Int) async throws -> Int {
            let request = HTTPRequest(
                .post, url: "http://127.0.0.1:\(server.port)/", headers: [("Authorization", "Basic eDp5")], body: [],
                maximumBodySize: limit, freshConnection: true)
            return try await pool.send(request).body.count
        }
        let length = try await send(1 << 20)
        #expect(length > 100_000)
        #expect(try await send(length) == length)
        let error = await #expect(throws: CurlError.self) { try await send(length - 1) }
        #expect(error?.kind == .tooLarge)
    }
}
