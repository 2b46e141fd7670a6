import GRDB
import Shedding
import Site

/// What is remembered of BMCs.
extension JournalDatabase {
    static func write(_ record: BMCRecord, _ db: Database) throws {
        switch record {
        case .opened(let session):
            try db.cachedStatement(sql: "INSERT OR IGNORE INTO bmc_session (bmc, location) VALUES (?, ?)")
                .execute(arguments: [session.bmc.description, session.location])
        case .closed(let session):
            try db.cachedStatement(sql: "DELETE FROM bmc_session WHERE bmc = ? AND location = ?")
                .execute(arguments: [session.bmc.description, session.location])
        case .learned(let bmc, let knowledge):
            try db.cachedStatement(sql: "INSERT OR REPLACE INTO bmc_knowledge (bmc, body) VALUES (?, ?)")
                .execute(arguments: [bmc.description, RecordCoder.encode(knowledge)])
        }
    }

    static func sessions(_ db: Database) throws -> [BMCSession] {
        try JournalRow.all(db, "bmc_session", by: "bmc", sql: "SELECT bmc, location FROM bmc_session").compactMap {
            row in
            try BMC.Address(recorded: try row["bmc"]).map { BMCSession(bmc: $0, location: try row["location"]) }
        }
    }

    /// What cannot be read is found out again.
    static func knowledge(_ db: Database) throws -> [BMC.Address: BMCKnowledge] {
        var all: [BMC.Address: BMCKnowledge] = [:]
        for row in try JournalRow.all(db, "bmc_knowledge", by: "bmc", sql: "SELECT bmc, body FROM bmc_knowledge") {
            guard let name: String = try? row["bmc"], let bmc = BMC.Address(recorded: name) else { continue }
            all[bmc] = try? RecordCoder.decode(try row["body"])
        }
        return all
    }
}
