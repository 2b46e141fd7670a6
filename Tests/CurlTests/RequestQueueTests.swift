import Testing

@testable import Curl

struct RequestQueueTests {
    private func submission(_ id: UInt64, _ origin: String, priority: Int) async -> Submission {
        // A queue never resumes anything; the continuation is answered here so that none leaks.
        var result: Submission?
        _ = try? await withCheckedThrowingContinuation { (continuation: CheckedContinuation<HTTPResponse, any Error>) in
            result = Submission(
                id: id, request: HTTPRequest(.get, url: "https://\(origin)/x", priority: priority), origin: origin,
                continuation: continuation)
            continuation.resume(throwing: CancellationError())
        }
        guard let result else { preconditionFailure("the closure has run") }
        return result
    }

    private func queue(_ requests: [(String, Int)], connections: Int = 1, inFlight: Int = 100) async -> RequestQueue {
        var queue = RequestQueue(connectionsPerOrigin: connections, maximumInFlight: inFlight)
        for (index, request) in requests.enumerated() {
            queue.add(await submission(UInt64(index + 1), request.0, priority: request.1))
        }
        return queue
    }

    private func drain(_ queue: inout RequestQueue, mayConnect: Bool = true) -> [UInt64] {
        var ids: [UInt64] = []
        while let next = queue.next(mayConnect: mayConnect) { ids.append(next.id) }
        return ids
    }

    @Test func lowestPriorityNumberFirstThenInOrder() async {
        var queue = await queue([("a", 2), ("b", 1), ("c", 1), ("d", 3)])
        #expect(drain(&queue) == [2, 3, 1, 4])
    }

    @Test func oneRequestAnOriginAtATime() async {
        var queue = await queue([("a", 2), ("a", 1), ("a", 1)])
        #expect(drain(&queue) == [2])
        queue.finished(origin: "a", warm: true)
        #expect(drain(&queue) == [3])
        queue.finished(origin: "a", warm: true)
        #expect(drain(&queue) == [1])
    }

    @Test func noMoreThanMayBeInFlight() async {
        var queue = await queue([("a", 1), ("b", 1), ("c", 1)], inFlight: 2)
        #expect(drain(&queue) == [1, 2])
        #expect(queue.waiting == 1)
        queue.finished(origin: "b", warm: true)
        #expect(drain(&queue) == [3])
    }

    @Test func openConnectionsGoOnWhileHandshakesWait() async {
        var queue = await queue([("a", 5)])
        #expect(drain(&queue) == [1])
        queue.finished(origin: "a", warm: true)
        queue.add(await submission(2, "b", priority: 1))
        queue.add(await submission(3, "a", priority: 9))
        #expect(drain(&queue, mayConnect: false) == [3])
        #expect(drain(&queue, mayConnect: true) == [2])
    }

    @Test func aConnectionThatBrokeIsColdAgain() async {
        var queue = await queue([("a", 1), ("a", 1)])
        #expect(drain(&queue) == [1])
        queue.finished(origin: "a", warm: false)
        #expect(drain(&queue, mayConnect: false) == [])
        #expect(drain(&queue) == [2])
    }

    @Test func aConnectionThatWeClosedIsColdAgain() async {
        var queue = await queue([("a", 1)])
        #expect(drain(&queue) == [1])
        queue.finished(origin: "a", warm: true)
        queue.add(await submission(2, "a", priority: 1))
        queue.closed(origin: "a")
        queue.closed(origin: "nobody")
        #expect(drain(&queue, mayConnect: false) == [])
        #expect(drain(&queue) == [2])
        #expect(queue.inFlight == 1)
    }

    @Test func cancelledRequestsAreNotServed() async {
        var queue = await queue([("a", 1), ("a", 2), ("b", 1)])
        #expect(queue.remove(id: 1, origin: "a")?.id == 1)
        #expect(queue.remove(id: 1, origin: "a") == nil)
        #expect(drain(&queue) == [3, 2])
        #expect(queue.waiting == 0)
    }

    /// It was its origin's only request and stood as ready: taken up all the same, it was answered twice, which ends
    /// the process.
    @Test(arguments: [true, false])
    func aRequestCancelledWhileReadyIsNotServed(warm: Bool) async {
        var queue = await queue([("a", 1)])
        #expect(drain(&queue) == [1])
        queue.finished(origin: "a", warm: warm)
        queue.add(await submission(2, "a", priority: 1))
        #expect(queue.remove(id: 2, origin: "a")?.id == 2)
        #expect(drain(&queue) == [])
        #expect(queue.waiting == 0)
        #expect(queue.inFlight == 0)
        queue.add(await submission(3, "a", priority: 1))
        #expect(drain(&queue) == [3])
    }

    @Test func aLaterAndMoreUrgentRequestOvertakes() async {
        var queue = await queue([("a", 5)])
        queue.add(await submission(2, "a", priority: 1))
        queue.add(await submission(3, "b", priority: 3))
        #expect(drain(&queue) == [2, 3])
    }

    @Test(arguments: [
        ("https://10.0.0.1:8443/redfish/v1", "https://10.0.0.1:8443"), ("https://bmc", "https://bmc"),
        ("https://[fe80::1]:443/x?y", "https://[fe80::1]:443"), ("http://a?b", "http://a"),
    ])
    func requestsKnowTheirOrigin(url: String, origin: String) {
        #expect(HTTPRequest(.get, url: url).origin == origin)
    }
}
