import Foundation
import Journal
import Page
import PowerEvents
import Shedding
import Site
import StrictJSON
import Synchronization
import TestSupport
import Testing

@testable import Agent

/// How often a board looked, and what it is told of the agent's revision.
private final class Counted: Sendable {
    private let state = Mutex((looks: 0, revision: 0))

    var looks: Int { state.withLock { $0.looks } }
    var revision: Int { state.withLock { $0.revision } }
    func look() { state.withLock { $0.looks += 1 } }
    func bump() { state.withLock { $0.revision += 1 } }
}

struct BoardTests {
    private static func json(_ text: String) throws -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }

    @Test(arguments: [
        // The examples of RFC 7396, appendix A, that a difference can come to.
        (#"{"a":"b"}"#, #"{"a":"c"}"#, #"{"a":"c"}"#), (#"{"a":"b"}"#, #"{"a":"b","b":"c"}"#, #"{"b":"c"}"#),
        (#"{"a":"b"}"#, "{}", #"{"a":null}"#), (#"{"a":["b"]}"#, #"{"a":"c"}"#, #"{"a":"c"}"#),
        (#"{"a":{"b":"c","d":1}}"#, #"{"a":{"b":"d","d":1}}"#, #"{"a":{"b":"d"}}"#),
    ])
    func changesAreMergePatches(old: String, new: String, patch: String) throws {
        #expect(try Self.json(new).mergePatch(from: Self.json(old)) == Self.json(patch))
        #expect(try Self.json(new).mergePatch(from: Self.json(new)) == nil)
    }

    @Test func gzipIsSentToWhoTakesIt() {
        #expect(Rendering.takesGzip("gzip, deflate, br"))
        #expect(Rendering.takesGzip("br;q=1.0, *;q=0.1"))
        #expect(!Rendering.takesGzip(""))
        #expect(!Rendering.takesGzip("identity"))
        #expect(!Rendering.takesGzip("gzip;q=0, *"))
    }

    @Test func tagsAreComparedWeakly() {
        #expect(Rendering.matches("\"a\", W/\"b\"", "W/\"b\""))
        #expect(Rendering.matches("\"b\"", "W/\"b\""))
        #expect(Rendering.matches("*", "W/\"b\""))
        #expect(!Rendering.matches("\"ab\"", "W/\"b\""))
    }

    static func moment(_ core: Core, _ readiness: Readiness) -> AgentMoment {
        AgentMoment(
            core: core, readiness: readiness, journalFailure: nil, now: Timestamp(milliseconds: 1_000_000),
            agentID: "ima-test", isBrokerReady: true, configuration: .null, generation: 1)
    }

    static func site() throws -> Site {
        func bmc(_ number: Int) throws -> BMC {
            BMC(address: try #require(BMC.Address("https://10.0.0.\(number)")), credentials: "c", trust: .unverified)
        }
        return Site(resources: [
            Resource(id: "rack", type: .chassis), Resource(id: "a", type: .node, bmc: try bmc(1), parent: "rack"),
            Resource(id: "b", type: .node, bmc: try bmc(2), parent: "rack"),
            Resource(id: "login", type: .node, bmc: try bmc(3), isProtected: true),
        ])
    }

    static func core() throws -> Core {
        Core(
            site: try site(), policy: Policy(), mode: .enforce,
            contents: Core.Contents(breaches: [], controls: [], inbox: [], freezes: [], lastRecordAt: nil),
            bounds: Bounds(slots: 8, visits: 2))
    }

    @Test func eachResourceIsInOneState() throws {
        let core = try Self.core()
        var readiness = Readiness(core.book.site)
        readiness.take(Assessment(try #require(core.book.site.resources["a"])))
        var failing = Assessment(try #require(core.book.site.resources["b"]))
        failing.objections = ["no limit"]
        readiness.take(failing)
        let rows = ResourceRows.make(Self.moment(core, readiness))
        #expect(rows.map(\.id) == ["rack", "a", "b", "login"])
        #expect(rows.map(\.state) == [.place, .enforceable, .notEnforceable, .protected])
        #expect(rows[2].why == "no limit")
    }

    /// What did not change is not sent, and what did is sent alone.
    @Test func changesAreSentAndNotStates() throws {
        let core = try Self.core()
        var readiness = Readiness(core.book.site)
        let before = BoardView(Self.moment(core, readiness), history: [])
        #expect(BoardChange(from: before, to: before, version: "1") == nil)
        readiness.take(Assessment(try #require(core.book.site.resources["a"])))
        let after = BoardView(Self.moment(core, readiness), history: [])
        let change = try #require(BoardChange(from: before, to: after, version: "1"))
        let resources = try Self.json(try #require(change.programs.first { $0.name == "resources" }).data)
        #expect(resources.array?.compactMap { $0["id"]?.string } == ["a"])
        let status = try Self.json(try #require(change.programs.first { $0.name == "status" }).data)
        #expect(status.object?.keys == ["readiness"])
        let cells = try Self.json(try #require(change.page.first { $0.name == "resources" }).data)
        #expect(cells.array?.count == 1 && cells.array?.first?["state"] == "enforceable")
        let text = BoardEvent.change(change).text(for: .programs)
        #expect(text.hasSuffix("\n\n") && text.components(separatedBy: "id: 1\n").count == 2)
    }

    private static func board(_ store: any Store) throws -> StatusBoard {
        let moment = Self.moment(try core(), Readiness(try site()))
        return StatusBoard(store: store, epoch: "e", moment: { moment })
    }

    private static func store(_ folder: TemporaryFolder) throws -> SQLiteStore {
        SQLiteStore(
            try JournalDatabase(path: folder.path("ima.sqlite")), now: { Timestamp(milliseconds: 0) },
            onFailure: { _ in })
    }

    /// Many who ask are one look; and after a command nobody sees what was before it.
    @Test func manyWhoLookAreOneLook() async throws {
        let folder = try TemporaryFolder()
        let moment = Self.moment(try Self.core(), Readiness(try Self.site()))
        let counted = Counted()
        let board = StatusBoard(
            store: try Self.store(folder), epoch: "e", revision: { counted.revision },
            moment: {
                counted.look()
                return moment
            })
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<100 { group.addTask { _ = await board.view() } }
        }
        let before = counted.looks
        #expect(before >= 1 && before < 20, "\(before)")
        counted.bump()
        _ = await board.view()
        #expect(counted.looks > before)
    }

    @Test func listenersAreBounded() async throws {
        let folder = try TemporaryFolder()
        let board = try Self.board(try Self.store(folder))
        var listening: [(id: Int, events: AsyncStream<BoardEvent>)] = []
        for _ in 0..<StatusBoard.maximumListeners {
            listening.append(try #require(await board.listen(.programs, after: nil)))
        }
        #expect(await !board.hasRoom)
        #expect(await board.listen(.programs, after: nil) == nil)
        await board.leave(listening[0].id)
        #expect(await board.hasRoom)
        for one in listening { await board.leave(one.id) }
    }

    /// Who comes back with the version of another process, or one that is long gone, is told to ask anew.
    @Test func whoComesBackTooLateStartsAnew() async throws {
        let folder = try TemporaryFolder()
        let board = try Self.board(try Self.store(folder))
        func first(_ after: String?, _ count: Int) async throws -> [String] {
            let listening = try #require(await board.listen(.programs, after: after))
            var names: [String] = []
            for await event in listening.events.prefix(count) { names.append(event.text(for: .programs)) }
            await board.leave(listening.id)
            return names
        }
        #expect(try await first("other.3", 2).last?.contains("event: reset") == true)
        #expect(try await first("e.0", 1).first?.contains("event: hello") == true)
    }
}
