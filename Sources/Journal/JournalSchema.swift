import GRDB

/// The tables, by version. A version that was ever released is never changed; a new one is added below it.
enum JournalSchema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 first") { db in
            // Every event that was accepted, so that none is obeyed twice.
            try db.create(table: "seen_event", options: [.withoutRowID]) { table in
                table.column("source", .text).notNull()
                table.column("id", .text).notNull()
                table.column("seen_at", .integer).notNull()
                table.primaryKey(["source", "id"])
            }
            // Alerts that the broker has been told are ours, and that have not been acted on yet.
            try db.create(table: "inbox") { table in
                table.autoIncrementedPrimaryKey("seq")
                table.column("body", .text).notNull()
            }
            try db.create(table: "breach", options: [.withoutRowID]) { table in
                table.primaryKey("id", .text)
                table.column("feed", .text).notNull()
                table.column("is_closed", .boolean).notNull()
                table.column("updated_at", .integer).notNull()
                table.column("body", .text).notNull()
            }
            // How the releases of a breach's controls ended.
            try db.create(table: "release", options: [.withoutRowID]) { table in
                table.column("breach_id", .text).notNull()
                table.column("resource", .text).notNull()
                table.column("facet", .text).notNull()
                table.column("outcome", .text).notNull()
                table.primaryKey(["breach_id", "resource", "facet"])
            }
            try db.create(table: "control", options: [.withoutRowID]) { table in
                table.primaryKey("key", .text)
                table.column("bmc", .text).notNull()
                table.column("body", .text).notNull()
                table.column("outcome", .text)
            }
            // Events with their ids, until the broker acknowledged them; the last report of a breach stays.
            try db.create(table: "outbox") { table in
                table.autoIncrementedPrimaryKey("seq")
                table.column("event_id", .text).notNull().unique()
                table.column("breach_id", .text).notNull().indexed()
                table.column("report", .integer).notNull()
                table.column("topic", .text).notNull()
                table.column("payload", .blob).notNull()
                table.column("created_at", .integer).notNull()
                table.column("published_at", .integer)
            }
            try db.create(table: "refusal") { table in
                table.autoIncrementedPrimaryKey("seq")
                table.column("at", .integer).notNull()
                table.column("reason", .text).notNull()
                table.column("detail", .text).notNull()
                table.column("topic", .text).notNull()
                table.column("source", .text)
                table.column("event_id", .text)
                table.column("digest", .text).notNull()
            }
        }
        migrator.registerMigration("2 switches and history") { db in
            // What operators have switched and a restart must not undo.
            try db.create(table: "switch", options: [.withoutRowID]) { table in
                table.primaryKey("name", .text)
                table.column("value", .boolean).notNull()
            }
            // What happened, for people.
            try db.create(table: "history") { table in
                table.autoIncrementedPrimaryKey("seq")
                table.column("at", .integer).notNull().indexed()
                table.column("kind", .text).notNull()
                table.column("code", .text).notNull()
                table.column("breach_id", .text).indexed()
                table.column("resource", .text).indexed()
                table.column("facet", .text)
                table.column("value", .text)
                table.column("prior", .text)
                table.column("message", .text)
            }
        }
        migrator.registerMigration("3 sessions") { db in
            // Sessions that are open on BMCs, so that those of a process that was killed can be ended.
            try db.create(table: "bmc_session", options: [.withoutRowID]) { table in
                table.column("bmc", .text).notNull()
                table.column("location", .text).notNull()
                table.primaryKey(["bmc", "location"])
            }
        }
        migrator.registerMigration("4 knowledge of BMCs") { db in
            // Where controls were found, so that a restart need not look for them again.
            try db.create(table: "bmc_knowledge", options: [.withoutRowID]) { table in
                table.primaryKey("bmc", .text)
                table.column("body", .text).notNull()
            }
        }
        return migrator
    }
}
