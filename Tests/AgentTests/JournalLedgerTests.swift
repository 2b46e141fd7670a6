import Journal
import PowerEvents
import Shedding
import Site
import StrictJSON
import Testing

@testable import Agent

struct JournalLedgerTests {
    private let address: BMC.Address
    private let journal: JournalDatabase
    private let store: SQLiteStore

    init() throws {
        address = try #require(BMC.Address("https://10.0.0.1"))
        journal = try JournalDatabase()
        store = SQLiteStore(journal, now: { Timestamp(milliseconds: 1_800_000_000_000) })
    }

    private func ledger() throws -> JournalLedger { JournalLedger(store: store, contents: try journal.load()) }

    /// What was queued before is durable with this.
    private func settle() async throws {
        var batch = JournalBatch()
        batch.changes.history = [HistoryEntry(.command, "freeze")]
        try await store.append(batch)
    }

    /// A session that is opened and closed over and over, as of a BMC that counts its sessions from 1 again and again: what
    /// came last is what is remembered.
    @Test func sessionsAreRememberedInTheirOrder() async throws {
        let ledger = try ledger()
        for round in 0..<300 {
            await ledger.opened("/redfish/v1/S/1", on: address)
            await ledger.closed("/redfish/v1/S/1", on: address)
            await ledger.opened("/redfish/v1/S/\(round + 2)", on: address)
            if round > 0 { await ledger.closed("/redfish/v1/S/\(round + 1)", on: address) }
        }
        try await settle()
        #expect(try journal.load().sessions.map(\.location) == ["/redfish/v1/S/301"])
    }

    /// Of what was found out about a BMC, the latest is the whole.
    @Test func theLatestKnowledgeStays() async throws {
        let ledger = try ledger()
        for number in 0..<200 {
            var knowledge = BMCKnowledge()
            knowledge.learn(
                .init(
                    key: ControlKey(resource: "n1", facet: .powerLimit), type: .node, pins: .init(),
                    locator: ["uri": .string("/x/\(number)")]))
            await ledger.learned(knowledge, of: address)
        }
        try await settle()
        #expect(try journal.load().knowledge[address]?.controls.map(\.locator) == [["uri": "/x/199"]])
    }
}
