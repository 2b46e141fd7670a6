import PowerEvents
import Shedding
import Site
import StrictJSON
import Synchronization
import Testing

@testable import Redfish

/// A tree comes from a stranger: it may be endless, and its members may be anything.
struct SearchBudgetTests {
    private static let v1 = WholeTrees.v1

    private static func many(_ count: Int, padding: Int) -> TreeBMC {
        let ids = (1...count).map { "S\($0)" }
        let filler: JSONValue = .string(String(repeating: "x", count: padding))
        var documents: WholeTrees.Documents = [:]
        for id in ids { documents["\(v1)/Systems/\(id)"] = WholeTrees.system(id, [("Description", filler)]) }
        return TreeBMC(WholeTrees.tree(systems: ids, chassis: [], documents))
    }

    @Test func requestsAreCounted() async throws {
        let bmc = Self.many(2000, padding: 0)
        let result = await bmc.client.read(FakeBMC.entry(.node))
        let fault = try #require(throws: BMCFault.self) { try result.get() }
        #expect(fault.kind == .unsupported)
        #expect(fault.message.contains("given up after 512 requests"))
        #expect(bmc.reads.count < 1100)
    }

    @Test func bytesAreCounted() async throws {
        var budget = SearchBudget.control
        budget.bytes = 2 << 20
        var tree = TreeReader(budget: budget) { (_) async throws(BMCFault) in
            ["Description": .string(String(repeating: "x", count: 300 << 10))]
        }
        for number in 0..<7 { _ = try await tree.read("/\(number)") }
        let fault = await #expect(throws: BMCFault.self) { try await tree.optional("/7") }
        #expect(fault?.message.contains("given up after 2 MiB of answers") == true)
    }

    @Test func whatIsPinnedIsFoundAmongThousands() async throws {
        let bmc = Self.many(3000, padding: 0)
        bmc.set("\(Self.v1)/Systems/S7", WholeTrees.system("S7", chassis: ["C7"]))
        bmc.set("\(Self.v1)/Chassis/C7", WholeTrees.chassis("C7", ["EnvironmentMetrics"]))
        bmc.set("\(Self.v1)/Chassis/C7/EnvironmentMetrics", ["PowerLimitWatts": ["SetPoint": 700]])
        let reading = try await bmc.client.read(FakeBMC.entry(.node, pins: .init(system: "S7"))).get()
        #expect(reading.value == .limit(Watts(700)))
        #expect(bmc.reads.count < 20)
    }

    @Test func timeIsCounted() async throws {
        let start = ContinuousClock.now
        let times = TestClock(start)
        var tree = TreeReader(budget: .control, now: times.now) { (_) async throws(BMCFault) in
            times.advance(.seconds(31))
            return ["Members": []]
        }
        _ = try await tree.read("/a")
        _ = try await tree.read("/b")
        let fault = await #expect(throws: BMCFault.self) { try await tree.optional("/c") }
        #expect(fault?.message.contains("given up after 60") == true)
        // It is over for good.
        await #expect(throws: BMCFault.self) { try await tree.optional("/d") }
    }

    @Test(
        arguments: [
            (["Members": [["@odata.id": "/m/1"], ["@odata.id": "/m/2"], ["@odata.id": "/M/1/"]]], ["/m/1", "/m/2"]),
            (["Members": ["@odata.id": "/m/1"]], ["/m/1"]), (["Members": ["/m/1", "/m/2", 7, nil]], ["/m/1", "/m/2"]),
            (["Members": ["0": ["@odata.id": "/m/1"], "1": ["@odata.id": "/m/2"]]], ["/m/1", "/m/2"]),
            (["Members": nil], []), ([:], []), (["Members": "/m/1"], ["/m/1"]), (["Members": 3], []),
            (["Members": [["@odata.id": "/m/1"]], "Members@odata.nextLink": "/c"], ["/m/1"]),
            (["Members": [["@odata.id": "/m/1"]], "Members@odata.nextLink": ""], ["/m/1"]),
        ] as [(JSONValue, [String])])
    func membersComeInManyShapes(collection: JSONValue, uris: [String]) async throws {
        var tree = TreeReader(budget: .control) { (_) async throws(BMCFault) in collection }
        #expect(try await tree.members(of: "/c") == uris)
    }

    /// Pages without end, each naming another.
    @Test func pagesAreCounted() async throws {
        var tree = TreeReader(budget: .control) { (uri) async throws(BMCFault) in
            ["Members": [["@odata.id": .string("/m\(uri)")]], "Members@odata.nextLink": .string(uri + "x")]
        }
        #expect(try await tree.members(of: "/c").count == 64)
        #expect(tree.notes == ["/c has more than 64 pages; the others were not looked at"])
    }
}

/// A clock that stands until it is told.
private final class TestClock: Sendable {
    private let time: Mutex<ContinuousClock.Instant>
    init(_ start: ContinuousClock.Instant) { time = Mutex(start) }
    var now: @Sendable () -> ContinuousClock.Instant { { self.time.withLock { $0 } } }
    func advance(_ duration: Duration) { time.withLock { $0 += duration } }
}
