import PowerEvents
import Site
import Testing

@testable import Shedding

/// What an alert asks for and is not done is in the history: once, until it changes.
struct SkipLinesTests {
    private static func skips(_ book: inout Breaches, _ alert: BreachAlert) -> [HistoryEntry] {
        _ = book.accept(alert, origin: Fixture.origin, now: Fixture.start)
        return book.takeChanges().history.filter { $0.kind == .plan && $0.code == "skipped" }
    }

    @Test func everySkipOfAPlanHasALine() {
        var book = Breaches(site: Fixture.site, policy: Policy())
        let hints = [
            Fixture.hint("login", watts: 700), Fixture.hint("store", .suspend), Fixture.hint("other", watts: 700),
            Fixture.hint("nobody", watts: 700), Fixture.hint("n1", watts: 700),
        ]
        let first = Self.skips(&book, Fixture.alert(1, .active, hints))
        #expect(first.compactMap(\.value) == ["login", "store", "other", "nobody"])
        #expect(first.allSatisfy { $0.breach == Fixture.id(1) && $0.control == nil && $0.message?.isEmpty == false })
        // Sent again, and with another one.
        #expect(Self.skips(&book, Fixture.alert(1, .active, hints)).isEmpty)
        let more = Self.skips(&book, Fixture.alert(1, .escalated, hints + [Fixture.hint("elsewhere", watts: 700)]))
        #expect(more.compactMap(\.value) == ["elsewhere"])
    }

    /// A rack with a protected node: the rest is done, and that is told of the node.
    @Test func whatIsLeftOutOfARackHasALine() {
        var book = Breaches(site: Fixture.site, policy: Policy())
        let lines = Self.skips(&book, Fixture.alert(1, .active, [Fixture.hint("rack", .suspend)]))
        #expect(lines.compactMap(\.value).contains("login"), "\(lines)")
    }

    @Test func tensOfThousandsAreBounded() {
        var policy = Policy()
        policy.maxHints = 20_000
        var book = Breaches(site: Fixture.site, policy: policy)
        let name = String(repeating: "x", count: 5000)
        let hints = (0..<20_000).map { Fixture.hint("\($0)-\(name)", watts: 700) }
        let lines = Self.skips(&book, Fixture.alert(1, .active, hints))
        #expect(lines.count == Breaches.mostSkipLines + 1)
        #expect(lines.last?.value == nil && lines.last?.message == "19000 more: unknown_resource")
        #expect(lines.allSatisfy { ($0.value ?? "").count <= 301 && ($0.message ?? "").count <= 301 })
    }

    @Test func whoFrozeAResourceIsKnown() {
        var book = Breaches(site: Fixture.site, policy: Policy())
        book.freeze(Freeze(FreezesTests.scope(["n1"]), since: Fixture.start))
        func bmc(_ name: String) -> BMC.Address? { Fixture.site.resources[name]?.bmc?.address }
        #expect(book.freezes.covering("n1", at: bmc("n1")).count == 1)
        #expect(book.freezes.covering("n2", at: bmc("n2")).isEmpty)
    }
}
