import Curl
import PowerEvents
import Shedding
import StrictJSON
import Synchronization
import Testing

@testable import Redfish

/// A look by the patrol that enforcement wants out of its way.
struct GivingWayTests {
    /// Keeps requests waiting until it is opened, and knows which were dropped.
    final class Gate: HTTPTransport {
        private struct State {
            var isOpen = true
            var waiting: [CheckedContinuation<Void, Never>] = []
            var arrived: [CheckedContinuation<Void, Never>] = []
            var count = 0
        }

        let bmc: FakeBMC
        private let state = Mutex(State())
        private let drops = Atomic(0)

        init(_ bmc: FakeBMC) { self.bmc = bmc }

        var dropped: Int { drops.load(ordering: .relaxed) }

        func send(_ request: HTTPRequest) async throws -> HTTPResponse {
            await withCheckedContinuation { continuation in
                let (mayGoOn, arrived) = state.withLock { state in
                    state.count += 1
                    defer { state.arrived = [] }
                    if !state.isOpen { state.waiting.append(continuation) }
                    return (state.isOpen, state.arrived)
                }
                for waiter in arrived { waiter.resume() }
                if mayGoOn { continuation.resume() }
            }
            if Task.isCancelled { drops.add(1, ordering: .relaxed) }
            try Task.checkCancellation()
            return try await bmc.send(request)
        }

        func arrival() async {
            await withCheckedContinuation { continuation in
                let isThere = state.withLock { state in
                    if state.count == 0 { state.arrived.append(continuation) }
                    return state.count > 0
                }
                if isThere { continuation.resume() }
            }
        }

        func close() {
            state.withLock { state in
                state.isOpen = false
                state.count = 0
            }
        }

        func open() {
            let waiting = state.withLock { state in
                state.isOpen = true
                defer { state.waiting = [] }
                return state.waiting
            }
            for continuation in waiting { continuation.resume() }
        }
    }

    private static func gate() -> Gate {
        Gate(FakeBMC([ConversationTests.uri: ["PowerLimitWatts": ["SetPoint": 700]]]))
    }

    /// The request that is on its way ends; none follows.
    @Test func aLookEndsBetweenItsRequests() async throws {
        let gate = Self.gate()
        let client = gate.bmc.client(through: gate)
        _ = await client.read(ConversationTests.entry)
        gate.close()
        let requests = gate.bmc.seen.count
        let look = Task {
            let first = await client.read(ConversationTests.entry, context: RequestContext(priority: .max))
            return (first, await client.read(ConversationTests.entry, context: RequestContext(priority: .max)))
        }
        await gate.arrival()
        look.cancel()
        gate.open()
        let (first, second) = await look.value
        #expect(try first.get().value == .limit(Watts(700)))
        #expect(throws: BMCFault.self) { try second.get() }
        #expect(gate.dropped == 0)
        #expect(gate.bmc.seen.count == requests + 1)
    }

    /// What enforces is given up only where the process ends, which does not wait.
    @Test func whatEnforcesIsDroppedAtOnce() async throws {
        let gate = Self.gate()
        let client = gate.bmc.client(through: gate)
        _ = await client.read(ConversationTests.entry)
        gate.close()
        let read = Task { await client.read(ConversationTests.entry) }
        await gate.arrival()
        read.cancel()
        gate.open()
        guard case .failure(let fault) = await read.value else { return #expect(Bool(false), "it was answered") }
        #expect(fault.kind == .cancelled)
        #expect(gate.dropped == 1)
    }
}
