import Foundation
import Journal
import PowerEvents
import Shedding
import Synchronization
import TestSupport
import Testing

@testable import Replication

/// Members over three real members of etcd: one log, one leader.
@Suite(.serialized, .timeLimit(.minutes(4)))
struct StandbyMemberTests {
    func write(_ term: LeaderTerm, _ message: String) async throws {
        let journal = term.journal
        try await Blocking.run { try journal.write([StandbyStage.batch(message)], now: StandbyStage.now) }
    }

    func awaitEntry(_ member: StandbyMember, _ number: Int64) async throws -> Bool {
        try await eventually { member.status.applied >= number }
    }

    @Test func whatTheLeaderWritesEverybodyHas() async throws {
        let stage = try await StandbyStage()
        let first = try stage.member("a")
        let term = try await first.lead()
        #expect(term.takesOverFrom == nil && term.fence.isOpen)
        #expect(first.status.role == .leader && first.status.leader == "a")
        let second = Leading(try stage.member("b"))
        second.start()
        for number in 1...20 { try await write(term, "\(number)") }
        let number = first.status.applied
        #expect(try await awaitEntry(second.member, number))
        let expected = (1...20).map(String.init)
        #expect(try StandbyStage.messages(second.member.journal) == expected)
        #expect(second.member.status.role == .follower && second.member.status.leader == "a")
        #expect(try await eventually { second.member.status.lag ?? .seconds(99) < .seconds(5) })
        #expect(second.current == nil)
        // Handed over: at once, and nobody's writes are in doubt.
        await first.end(term, yielding: true)
        #expect(try await eventually { second.current != nil })
        let next = try #require(second.current)
        #expect(next.takesOverFrom == nil && next.followsAnEnd)
        try await write(next, "21")
        await second.stop()
        await first.shutDown()
        await stage.cluster.stop()
    }

    @Test func aLeaderThatDiedIsTakenOverFrom() async throws {
        let stage = try await StandbyStage()
        let first = try stage.member("a")
        let term = try await first.lead()
        try await write(term, "one")
        let second = Leading(try stage.member("b"))
        second.start()
        #expect(try await awaitEntry(second.member, first.status.applied))
        // As kill -9 does it: nothing is said to anybody.
        await first.shutDown()
        let start = ContinuousClock.now
        #expect(try await eventually { second.current != nil })
        #expect(ContinuousClock.now - start < .seconds(20))
        let next = try #require(second.current)
        #expect(next.takesOverFrom == "a" && next.fence.isOpen && !term.fence.isOpen)
        #expect(try StandbyStage.messages(next.journal) == ["one"])
        await second.stop()
        await stage.cluster.stop()
    }

    /// The process itself comes back: nobody else had its machines meanwhile.
    @Test func aLeaderThatComesBackTakesOverFromNobody() async throws {
        let stage = try await StandbyStage(1)
        let first = try stage.member("a")
        try await write(try await first.lead(), "one")
        await first.shutDown()
        let again = try stage.member("a")
        let term = try await again.lead()
        #expect(term.takesOverFrom == nil && !term.followsAnEnd)
        try await write(term, "two")
        #expect(try StandbyStage.messages(term.journal) == ["one", "two"])
        await again.shutDown()
        await stage.cluster.stop()
    }

    /// Appends go on through the death of etcd's leader: none is lost, none is there twice.
    @Test func etcdsLeaderDiesWhileEntriesAreAppended() async throws {
        let stage = try await StandbyStage()
        let first = try stage.member("a") { $0.ttl = .seconds(3) }
        let term = try await first.lead()
        let second = Leading(try stage.member("b") { $0.ttl = .seconds(3) })
        second.start()
        let done = Mutex(0)
        let writing = Task {
            for number in 1...300 {
                try await write(term, "\(number)")
                done.withLock { $0 = number }
            }
        }
        for victim in 0..<2 {
            let before = done.withLock { $0 }
            #expect(try await eventually { done.withLock { $0 } > before + 20 || done.withLock { $0 } == 300 })
            #expect(try await eventually { try stage.cluster.leader() != nil })
            let leader = try #require(try stage.cluster.leader())
            await stage.cluster.kill(leader)
            let after = done.withLock { $0 }
            #expect(try await eventually { done.withLock { $0 } > after || done.withLock { $0 } == 300 }, "\(victim)")
            try stage.cluster.start(leader)
            #expect(try await eventually { try stage.cluster.control(["endpoint", "health"], at: leader).status == 0 })
        }
        try await writing.value
        let expected = (1...300).map(String.init)
        #expect(try StandbyStage.messages(term.journal) == expected)
        #expect(try await awaitEntry(second.member, first.status.applied))
        #expect(try StandbyStage.messages(second.member.journal) == expected)
        #expect(second.terms.withLock { $0.isEmpty })
        await second.stop()
        await first.end(term, yielding: false)
        await first.shutDown()
        await stage.cluster.stop()
    }

    /// Two of three are lost: nothing is written, nobody else leads, and it goes on by itself.
    @Test func withoutAMajorityNothingIsWrittenAndThenItGoesOn() async throws {
        let stage = try await StandbyStage()
        let first = try stage.member("a")
        let term = try await first.lead()
        try await write(term, "one")
        let second = Leading(try stage.member("b"))
        second.start()
        #expect(try await awaitEntry(second.member, first.status.applied))
        await stage.cluster.kill(0)
        await stage.cluster.kill(1)
        #expect(try await eventually { !term.fence.isOpen })
        #expect(try await eventually { first.status.role == .suspended && first.status.trouble != nil })
        #expect(try await eventually { second.member.status.trouble != nil })
        let written = Mutex(false)
        let writing = Task {
            try await write(term, "two")
            written.withLock { $0 = true }
        }
        try await Task.sleep(for: .seconds(2))
        #expect(!written.withLock { $0 } && second.current == nil && !term.fence.isOpen)
        try stage.cluster.start(0)
        try stage.cluster.start(1)
        // etcd gives a lease its whole time again when it has a new leader, so it is still this one's.
        let end = try await eventually { written.withLock { $0 } || term.ending.end != nil }
        #expect(end)
        if term.ending.end == nil {
            try await writing.value
            #expect(try await eventually { term.fence.isOpen && first.status.role == .leader })
        } else {
            await first.end(term, yielding: false)
            _ = await writing.result
        }
        #expect(try await eventually { first.status.trouble == nil && second.member.status.trouble == nil })
        await second.stop()
        await first.shutDown()
        await stage.cluster.stop()
    }

    /// Whoever was away while another led is refused by etcd, whatever it believes.
    @Test func aLeaderThatWasPausedIsRefused() async throws {
        let stage = try await StandbyStage(1)
        let first = try stage.member("a")
        let term = try await first.lead()
        try await write(term, "one")
        // Its lease ends without its knowledge, as if it had been stopped for longer.
        let key = stage.keys.leader
        try stage.cluster.control(["del", key])
        let appender = try #require(term.appender)
        await #expect(throws: (any Error).self) { try await write(term, "two") }
        #expect(!appender.isOpen || term.ending.end == nil)
        #expect(try await eventually { term.ending.end != nil })
        #expect(!term.fence.isOpen)
        await #expect(throws: (any Error).self) { try await write(term, "three") }
        #expect(try StandbyStage.messages(term.journal) == ["one"])
        await first.end(term, yielding: false)
        let again = try await first.lead()
        #expect(try StandbyStage.messages(again.journal) == ["one"])
        await first.shutDown()
        await stage.cluster.stop()
    }

    @Test func neverTwoAtOnceByTheFence() async throws {
        let stage = try await StandbyStage()
        let members = try ["a", "b", "c"].map { Leading(try stage.member($0)) }
        for member in members { member.start() }
        let both = Mutex(0)
        let watching = Task {
            while !Task.isCancelled {
                let open = members.filter { $0.terms.withLock { $0.last?.fence.isOpen } == true }.count
                if open > 1 { both.withLock { $0 += 1 } }
                try await Task.sleep(for: .milliseconds(1))
            }
        }
        var leaders = 0
        for _ in 0..<4 {
            #expect(try await eventually { members.contains { $0.current?.fence.isOpen == true } })
            let leader = try #require(members.first { $0.current != nil })
            leaders += 1
            // The key is gone, the holder is not told.
            try stage.cluster.control(["del", stage.keys.leader])
            #expect(try await eventually { leader.current == nil || leader.terms.withLock { $0.count } > 1 })
        }
        watching.cancel()
        #expect(leaders == 4)
        for member in members { await member.stop() }
        await stage.cluster.stop()
    }

    @Test func commandsReachTheLeader() async throws {
        let stage = try await StandbyStage(1)
        let first = try stage.member("a")
        let second = try stage.member("b")
        await #expect(throws: ReplicationError.self) {
            try await second.ask(leader: ForwardedCall(method: "GET", path: "/v1/status"))
        }
        let term = try await first.lead()
        let following = Task { try await second.lead() }
        #expect(try await eventually { second.status.leader == "a" })
        let long = [UInt8](repeating: UInt8(ascii: "x"), count: 2 << 20)
        let serving = Task {
            for await (call, reply) in term.calls {
                if call.path == "/standby/yield" { withUnsafeCurrentTask { $0?.cancel() } }
                await reply(
                    ForwardedAnswer(
                        status: call.method == "POST" ? 201 : 200, contentType: "text/plain",
                        body: call.path == "/long" ? long : call.body + Array((call.user ?? "").utf8)))
            }
        }
        let answer = try await second.ask(
            leader: ForwardedCall(method: "POST", path: "/v1/freeze?all", body: Array("{}".utf8), user: "root"))
        #expect(answer == ForwardedAnswer(status: 201, contentType: "text/plain", body: Array("{}root".utf8)))
        #expect(try await second.ask(leader: ForwardedCall(method: "GET", path: "/long")).body == long)
        let answers = try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<10 {
                group.addTask {
                    let call = ForwardedCall(method: "GET", path: "/", body: Array("\(number)".utf8))
                    return String(decoding: try await second.ask(leader: call).body, as: UTF8.self)
                }
            }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(answers.count == 10)
        // A call that ends who answers it is answered all the same.
        #expect(try await second.ask(leader: ForwardedCall(method: "POST", path: "/standby/yield")).status == 201)
        serving.cancel()
        following.cancel()
        _ = await following.result
        await second.shutDown()
        await first.end(term, yielding: false)
        await first.shutDown()
        await stage.cluster.stop()
    }

    @Test func cancelledWhileItFollowsItLeavesNothingBehind() async throws {
        let stage = try await StandbyStage(1)
        let first = try stage.member("a")
        let leading = Task { try await first.lead() }
        try await Task.sleep(for: .milliseconds(30))
        leading.cancel()
        let result = await leading.result
        // It may have been elected just before.
        if case .success(let term) = result { await first.end(term, yielding: false) }
        let second = try stage.member("b")
        let term = try await second.lead()
        #expect(term.fence.isOpen)
        await second.end(term, yielding: false)
        await first.shutDown()
        await second.shutDown()
        await stage.cluster.stop()
    }
}
