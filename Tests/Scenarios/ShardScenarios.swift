import FleetSimulator
import Foundation
import PowerEvents
import TestSupport
import Testing

/// Two shards of a site: what counts over both.
@Suite(
    .serialized, .enabled(if: StandbyPair.isPossible, "needs Debian's package etcd-server, which deploy/test installs"))
struct ShardScenarios {
    /// Of each shard the first nodes off, and the last one capped.
    private static func hints(_ shards: [String] = ShardedSite.shards, suspends: Int = 4) -> [ShedHint] {
        shards.flatMap { shard in
            ShardedSite.nodes(shard).prefix(suspends).map { MainJobScenarios.hint($0, .node, .suspend, priority: 2) }
                + [MainJobScenarios.hint("\(shard)-6", .node, watts: 900)]
        }
    }

    private static func counts(_ report: Enforcement) -> (down: Int, skipped: Int, capped: Int) {
        let suspends = report.results.filter { $0.requestedAction == .suspend }
        return (
            suspends.count { $0.code == .applied },
            suspends.count { $0.code == .skipped && $0.message?.contains("max_suspended") == true },
            report.results.count { $0.requestedAction == .powerCap && $0.code == .applied }
        )
    }

    /// 25 % of 12 nodes are three, and of each shard's six two.
    @Test(.timeLimit(.minutes(5)))
    func shardsThatSuspendAtOnceStayUnderTheShareOfTheSite() async throws {
        let site = try await ShardedSite(share: ["a": "25%", "b": "25%"])
        for bmc in site.stage.fleet.bmcs { bmc.latency = .milliseconds(20) }
        for shard in ShardedSite.shards { try await site.start(shard) }
        for round in 0..<2 {
            // A feed that flaps has its hold-down doubled; there is time for that.
            let breach = try Stage.newBreach()
            // One message, which both hear in the same moment.
            try await site.stage.alert(.active, breach, Self.hints())
            let reports = try await [
                site.report(of: "a", breach, .applied), site.report(of: "b", breach, .applied),
            ]
            let counts = reports.map(Self.counts)
            #expect(counts.map(\.down).reduce(0, +) == 3, "round \(round): \(counts)\n\(site.logs)")
            #expect(counts.map(\.skipped).reduce(0, +) == 5, "round \(round): \(reports)")
            #expect(counts.map(\.capped) == [1, 1])
            #expect(site.down.count == 3)
            #expect(try await eventually { await site.page("/metrics", of: "a").body.contains("site_suspended 3") })
            #expect(await site.page("/metrics", of: "b").body.contains("ima_standby_site_nodes 12"))
            let status = try site.command("b", "status").output
            #expect(status.contains("3 of 12 nodes down over 2 shards"), "\(status)")
            #expect(await site.page("/", of: "b").body.contains("3 of 12 nodes down over 2 shards"))
            try await site.stage.alert(.resolved, breach)
            for shard in ShardedSite.shards {
                #expect(try await site.report(of: shard, breach, .reverted).code == .success)
            }
            #expect(site.down == [])
            // What is given back counts no more.
            #expect(
                try await eventually { await site.page("/metrics", of: "a").body.contains("site_suspended 0") })
        }
        #expect(site.mostDown == 3)
        await site.tearDown()
    }

    /// A shard without a leader holds down what it holds down, and that counts.
    @Test(.timeLimit(.minutes(5)))
    func aShardThatIsAwayStillCounts() async throws {
        let site = try await ShardedSite(share: ["a": "25%", "b": "25%"])
        for shard in ShardedSite.shards { try await site.start(shard) }
        let first = try Stage.newBreach()
        try await site.stage.alert(.active, first, Self.hints(["a"], suspends: 2))
        #expect(Self.counts(try await site.report(of: "a", first, .applied)).down == 2)
        await site.stop("a", SIGKILL)
        let second = try Stage.newBreach()
        try await site.stage.alert(.active, second, Self.hints(["b"], suspends: 3))
        let report = try await site.report(of: "b", second, .applied)
        #expect(Self.counts(report) == (1, 2, 1), "\(report)")
        let words = "3 of the site's 12 nodes may be down at once, and 2 are in other shards"
        #expect(report.results.contains { $0.message?.contains(words) == true }, "\(report)")
        // It comes back, with what it has; and of more that is asked nothing is done.
        try await site.start("a")
        try await site.stage.alert(.escalated, first, Self.hints(["a"], suspends: 3))
        let third = try await site.stage.report(first, .applied, within: .seconds(60)) { $0.results.count == 4 }
        #expect(Self.counts(try #require(third.enforcement)) == (2, 1, 1), "\(third)\n\(site.logs)")
        #expect(site.down.count == 3)
        // What is removed by hand although it is held is there again, whichever the hand.
        let removed = try site.etcd.control(["del", "/ima/test/@suspended/a"])
        #expect(removed.output.hasPrefix("1"), "\(removed)")
        #expect(try await eventually { await site.page("/metrics", of: "b").body.contains("site_suspended 3") })
        #expect(
            try await eventually { try site.etcd.control(["get", "/ima/test/@suspended/a"]).output.contains("2") })
        for breach in [first, second] { try await site.stage.alert(.resolved, breach) }
        #expect(try await site.report(of: "a", first, .reverted).code == .success)
        #expect(try await site.report(of: "b", second, .reverted).code == .success)
        #expect(site.down == [] && site.mostDown == 3)
        await site.tearDown()
    }

    /// Each by its own file, over the site's numbers.
    @Test(.timeLimit(.minutes(5)))
    func whereSharesDifferEachGoesByItsOwn() async throws {
        let site = try await ShardedSite(share: ["a": "50%", "b": "10%"])
        for shard in ShardedSite.shards { try await site.start(shard) }
        let first = try Stage.newBreach()
        try await site.stage.alert(.active, first, Self.hints(["b"], suspends: 4))
        #expect(Self.counts(try await site.report(of: "b", first, .applied)) == (2, 2, 1))
        let second = try Stage.newBreach()
        try await site.stage.alert(.active, second, Self.hints(["a"], suspends: 5))
        #expect(Self.counts(try await site.report(of: "a", second, .applied)) == (4, 1, 1))
        #expect(site.mostDown == 6)
        await site.tearDown()
    }
}
