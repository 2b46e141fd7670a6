import Foundation
import GRDB
import Journal
import PowerEvents
import Shedding
import Site
import StrictJSON
import TestSupport
import Testing

/// Journals of every earlier version, as that version wrote them, are opened and lose nothing.
struct MigrationTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func file(_ sql: String) throws -> String {
        let path = folder.path("j.sqlite")
        let queue = try DatabaseQueue(path: path)
        try queue.write { try $0.execute(sql: sql) }
        try queue.close()
        return path
    }

    @Test func fromVersion1() throws {
        let journal = try JournalDatabase(path: file(Self.version1))
        let contents = try journal.load()
        let breach = try #require(contents.breaches.first)
        #expect(breach.id.text == "01010101-0101-4101-8101-010101010101")
        #expect(breach.holdDown == .seconds(60))
        #expect(breach.releaseOutcomes.values.map(\.message) == ["busy"])
        let entry = try #require(contents.controls.first)
        #expect(entry.prior?.fragment.text == #"{"SetPoint":null,"Zero":0}"#)
        #expect(entry.intent == .limit(Watts(500)))
        #expect(entry.isPowerCycled == nil && entry.isUnconfirmed == nil)
        #expect(contents.inbox.count == 1)
        #expect(contents.freezes.isEmpty)
        #expect(try journal.unpublished(limit: 5).count == 1)
        #expect(try journal.refusals(limit: 5).map(\.reason) == ["stale"])
        #expect(try journal.history(HistoryQuery()).isEmpty)
        // And it is a journal of today: what is new can be kept in it.
        var batch = JournalBatch()
        batch.changes.freezes = [Freeze()]
        batch.changes.history = [HistoryEntry(.command, "freeze")]
        try journal.write([batch], now: Timestamp(milliseconds: 1_800_000_000_000))
        #expect(try journal.load().freezes == [Freeze()])
        #expect(try journal.history(HistoryQuery()).map(\.entry.code) == ["freeze"])
    }

    @Test func commandsHaveAuthorsFromVersion7On() throws {
        let journal = try JournalDatabase(path: file(Self.version1 + Self.version2))
        #expect(try journal.history(HistoryQuery()).map(\.author) == [nil])
        let breach = try #require(UUIDText("01010101-0101-4101-8101-010101010101"))
        var batch = JournalBatch()
        batch.author = CommandAuthor(user: "root", reason: "a leak")
        batch.changes.history = [
            HistoryEntry(.command, "release", breach: breach), HistoryEntry(.alert, "resolved", breach: breach),
        ]
        try journal.write([batch], now: Timestamp(milliseconds: 1_800_000_000_000))
        #expect(try journal.history(HistoryQuery(breach: breach)).map(\.author) == [batch.author, nil])
        #expect(try journal.breaches(startingWith: "0101", limit: 5) == [breach])
        #expect(try journal.breaches(startingWith: "02", limit: 5).isEmpty)
        #expect(try journal.breaches(startingWith: "0%' OR 1", limit: 5).isEmpty)
    }

    @Test func fromVersion2() throws {
        let journal = try JournalDatabase(path: file(Self.version1 + Self.version2))
        let contents = try journal.load()
        #expect(contents.freezes.map(\.since.milliseconds) == [1_800_000_000_000] && contents.freezes[0].isWhole)
        #expect(contents.breaches.count == 1)
        #expect(contents.sessions.isEmpty)
        #expect(try journal.history(HistoryQuery()).map(\.entry.code) == ["freeze"])
        // And it is a journal of today: what is new can be kept in it.
        let address = try #require(BMC.Address("https://10.0.0.1"))
        var batch = JournalBatch()
        batch.bmcs = [
            .opened(BMCSession(bmc: address, location: "/redfish/v1/S/1")),
            .opened(BMCSession(bmc: address, location: "/redfish/v1/S/2")),
        ]
        try journal.write([batch], now: Timestamp(milliseconds: 1_800_000_000_000))
        batch = JournalBatch()
        batch.bmcs = [.closed(BMCSession(bmc: address, location: "/redfish/v1/S/1"))]
        try journal.write([batch], now: Timestamp(milliseconds: 1_800_000_000_000))
        #expect(try journal.load().sessions == [BMCSession(bmc: address, location: "/redfish/v1/S/2")])
    }

    @Test func fromVersion3() throws {
        let journal = try JournalDatabase(path: file(Self.version1 + Self.version2 + Self.version3))
        let contents = try journal.load()
        #expect(contents.sessions.map(\.location) == ["/redfish/v1/S/1"])
        #expect(contents.knowledge.isEmpty)
        // And it is a journal of today: what is new can be kept in it.
        let address = try #require(BMC.Address("https://10.0.0.1"))
        var knowledge = BMCKnowledge()
        knowledge.sessions = "/redfish/v1/Sessions"
        knowledge.learn(
            .init(
                key: ControlKey(resource: "n1", facet: .powerLimit), type: .node, pins: .init(chassis: "C1"),
                locator: ["uri": "/x"])
        )
        var batch = JournalBatch()
        batch.bmcs = [.learned(address, knowledge)]
        try journal.write([batch], now: Timestamp(milliseconds: 1_800_000_000_000))
        #expect(try journal.load().knowledge == [address: knowledge])
    }

    /// Breaches that are over were kept with all their plans, which a start read.
    @Test func fromVersion4() throws {
        let path = try file(Self.version1 + Self.version2 + Self.version3 + Self.version4)
        let journal = try JournalDatabase(path: path)
        let contents = try journal.load()
        #expect(contents.breaches.count == 2)
        let over = try #require(contents.breaches.first { $0.isClosed })
        #expect(over.plans.isEmpty && over.released.isEmpty && over.isWithPlans && over.releaseOutcomes.isEmpty)
        #expect(over.holdDown == .seconds(60))
        let open = try #require(contents.breaches.first { !$0.isClosed })
        #expect(open.plans.count == 1 && open.released.count == 1 && open.releaseOutcomes.count == 1)
        #expect(contents.lastRecordAt == Timestamp(milliseconds: 1_800_000_000_000))
        #expect(contents.unsigned.isEmpty)
        #expect(try journal.unpublished(limit: 5).map(\.action) == [nil])
        // And it is a journal of today: what is new can be kept in it.
        var batch = JournalBatch()
        var state = open.withoutPlans
        state.isOverdue = true
        batch.changes.states = [state]
        batch.changes.plans = [(open.id, 0, open.plans[0])]
        try journal.write([batch], now: Timestamp(milliseconds: 1_800_000_000_000))
        let later = try #require(try journal.load().breaches.first { !$0.isClosed })
        #expect(later.isOverdue && later.plans.count == 1 && later.released.count == 1)
        #expect(later.releaseOutcomes.count == 1)
    }

    @Test func aJournalOfANewerVersionIsLeftAlone() throws {
        let path = folder.path("j.sqlite")
        try JournalDatabase(path: path).close()
        let queue = try DatabaseQueue(path: path)
        try queue.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('99 from the future')") }
        try queue.close()
        let error = try #require(throws: JournalError.self) { try JournalDatabase(path: path) }
        #expect(error.description.contains("newer version"))
    }

    /// Written by the first version that kept a journal.
    private static let version1 = #"""
        CREATE TABLE "breach" ("id" TEXT PRIMARY KEY NOT NULL, "feed" TEXT NOT NULL, "is_closed" BOOLEAN NOT NULL,
            "updated_at" INTEGER NOT NULL, "body" TEXT NOT NULL) WITHOUT ROWID;
        INSERT INTO "breach" VALUES('01010101-0101-4101-8101-010101010101','main-a',0,1800000000000,'{"feed":"main-a","holdDown":[3,4659767778871345152],"id":{"text":"01010101-0101-4101-8101-010101010101"},"isCritical":true,"isOverdue":false,"openedAt":{"milliseconds":1800000000000},"origin":{"correlationID":{"text":"07070707-0707-4707-8707-070707070707"},"source":"\/\/grid\/v1\/poweragent\/a","trace":{"flags":"01","spanID":"b7ad6b7169203331","traceID":"0af7651916cd43dd8448eb211c80319c"}},"phase":{"releasing":{"nextStep":{"milliseconds":1800000000000}}},"plans":[{"exceptions":[],"hint":{"action":"power_cap","priority":1,"resourceID":"n1","resourceType":"node","targetPower":{"unit":"watt","watts":{"microwatts":500000000}}},"isSuperseded":false,"verdict":{"demand":{"_0":{"cap":{"_0":{"microwatts":500000000}}},"of":[{"facet":"power_limit","resource":"n1"}]}}}],"released":[{"facet":"power_limit","resource":"n1"}],"updatedAt":{"milliseconds":1800000000000}}');
        CREATE TABLE "control" ("key" TEXT PRIMARY KEY NOT NULL, "bmc" TEXT NOT NULL, "body" TEXT NOT NULL,
            "outcome" TEXT) WITHOUT ROWID;
        INSERT INTO "control" VALUES('n1/power_limit','https://10.0.0.1','{"bmc":{"address":{"description":"https:\/\/10.0.0.1"},"credentials":"bmc","trust":{"pin":{"_0":"sha256\/\/x"}}},"held":{"limit":{"_0":{"microwatts":500000000}}},"identity":"m","intent":{"limit":{"_0":{"microwatts":500000000}}},"key":{"facet":"power_limit","resource":"n1"},"locator":"{\"uri\":\"\/redfish\/v1\/x\"}","pins":{"powerLimit":"\/redfish\/v1\/x"},"prior":{"fragment":"{\"SetPoint\":null,\"Zero\":0}","takenAt":{"milliseconds":1800000000000},"value":{"limit":{}}},"reassertions":0,"type":"node"}','{"code":"applied","unreachable":false,"value":{"limit":{"_0":{"microwatts":500000000}}}}');
        CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
        INSERT INTO "grdb_migrations" VALUES('1 first');
        CREATE TABLE "inbox" ("seq" INTEGER PRIMARY KEY AUTOINCREMENT, "body" TEXT NOT NULL);
        INSERT INTO "inbox" VALUES(1,'{"breachID":{"text":"01010101-0101-4101-8101-010101010101"},"eventID":{"text":"02020202-0202-4202-8202-020202020202"},"payload":"{}","receivedAt":{"milliseconds":1800000000000},"source":"s","time":{"milliseconds":1800000000000}}');
        CREATE TABLE "outbox" ("seq" INTEGER PRIMARY KEY AUTOINCREMENT, "event_id" TEXT NOT NULL UNIQUE,
            "breach_id" TEXT NOT NULL, "report" INTEGER NOT NULL, "topic" TEXT NOT NULL, "payload" BLOB NOT NULL,
            "created_at" INTEGER NOT NULL, "published_at" INTEGER);
        INSERT INTO "outbox" VALUES(1,'09090909-0909-4909-8909-090909090909','01010101-0101-4101-8101-010101010101',1,'t',X'7B7D',1800000000000,NULL);
        CREATE TABLE "refusal" ("seq" INTEGER PRIMARY KEY AUTOINCREMENT, "at" INTEGER NOT NULL, "reason" TEXT NOT NULL,
            "detail" TEXT NOT NULL, "topic" TEXT NOT NULL, "source" TEXT, "event_id" TEXT, "digest" TEXT NOT NULL);
        INSERT INTO "refusal" VALUES(1,1800000000000,'stale','old','t','s','e','d');
        CREATE TABLE "release" ("breach_id" TEXT NOT NULL, "resource" TEXT NOT NULL, "facet" TEXT NOT NULL,
            "outcome" TEXT NOT NULL, PRIMARY KEY ("breach_id", "resource", "facet")) WITHOUT ROWID;
        INSERT INTO "release" VALUES('01010101-0101-4101-8101-010101010101','n1','power_limit','{"code":"failed","message":"busy","unreachable":false}');
        CREATE TABLE "seen_event" ("source" TEXT NOT NULL, "id" TEXT NOT NULL, "seen_at" INTEGER NOT NULL,
            PRIMARY KEY ("source", "id")) WITHOUT ROWID;
        INSERT INTO "seen_event" VALUES('s','02020202-0202-4202-8202-020202020202',1800000000000);
        CREATE INDEX "outbox_on_breach_id" ON "outbox"("breach_id");
        """#

    /// What version 2 added.
    private static let version2 = #"""

        INSERT INTO "grdb_migrations" VALUES('2 switches and history');
        CREATE TABLE "switch" ("name" TEXT PRIMARY KEY NOT NULL, "value" BOOLEAN NOT NULL) WITHOUT ROWID;
        INSERT INTO "switch" VALUES('frozen',1);
        CREATE TABLE "history" ("seq" INTEGER PRIMARY KEY AUTOINCREMENT, "at" INTEGER NOT NULL, "kind" TEXT NOT NULL,
            "code" TEXT NOT NULL, "breach_id" TEXT, "resource" TEXT, "facet" TEXT, "value" TEXT, "prior" TEXT,
            "message" TEXT);
        INSERT INTO "history" VALUES(1,1800000000000,'command','freeze',NULL,NULL,NULL,NULL,NULL,NULL);
        CREATE INDEX "history_on_at" ON "history"("at");
        CREATE INDEX "history_on_breach_id" ON "history"("breach_id");
        CREATE INDEX "history_on_resource" ON "history"("resource");
        """#

    private static let version3 = #"""

        INSERT INTO "grdb_migrations" VALUES('3 sessions');
        CREATE TABLE "bmc_session" ("bmc" TEXT NOT NULL, "location" TEXT NOT NULL, PRIMARY KEY ("bmc", "location"))
            WITHOUT ROWID;
        INSERT INTO "bmc_session" VALUES('https://10.0.0.1','/redfish/v1/S/1');
        """#

    /// What version 4 added, and a breach that is over.
    private static let version4 = #"""

        INSERT INTO "grdb_migrations" VALUES('4 knowledge of BMCs');
        CREATE TABLE "bmc_knowledge" ("bmc" TEXT PRIMARY KEY NOT NULL, "body" TEXT NOT NULL) WITHOUT ROWID;
        INSERT INTO "breach" SELECT '02020202-0202-4202-8202-020202020202', feed, 1, updated_at, json_set(body,
            '$.id.text', '02020202-0202-4202-8202-020202020202',
            '$.phase', json('{"closed":{"at":{"milliseconds":1800000000000}}}')) FROM "breach";
        INSERT INTO "release" SELECT '02020202-0202-4202-8202-020202020202', resource, facet, outcome FROM "release";
        """#
}
