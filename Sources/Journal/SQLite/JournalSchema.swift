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
        migrator.registerMigration("5 small rows") { db in
            // A breach without what grows with its hints; NULL where its body says all.
            try db.alter(table: "breach") { $0.add(column: "state", .text) }
            // Plans that have taken the place of those in the body.
            try db.create(table: "plan_change", options: [.withoutRowID]) { table in
                table.column("breach_id", .text).notNull()
                table.column("position", .integer).notNull()
                table.column("body", .text).notNull()
                table.primaryKey(["breach_id", "position"])
            }
            // Controls that were let go of since the body was written.
            try db.create(table: "let_go", options: [.withoutRowID]) { table in
                table.column("breach_id", .text).notNull()
                table.column("resource", .text).notNull()
                table.column("facet", .text).notNull()
                table.primaryKey(["breach_id", "resource", "facet"])
            }
            // Nobody asks for the plans of a breach that is over.
            try db.execute(
                sql: """
                    UPDATE breach SET body = json_set(body, '$.hadPlans',
                    json(CASE WHEN json_array_length(body, '$.plans') > 0 THEN 'true' ELSE 'false' END),
                    '$.plans', json('[]'), '$.released', json('[]')) WHERE is_closed AND json_valid(body)
                    """)
            try db.execute(sql: "DELETE FROM release WHERE breach_id IN (SELECT id FROM breach WHERE is_closed)")
            // Repetitions are told by what was signed; the envelope's id is not.
            try db.drop(table: "seen_event")
            try db.create(table: "seen_payload", options: [.withoutRowID]) { table in
                table.column("source", .text).notNull()
                table.column("digest", .text).notNull()
                table.column("breach_id", .text).notNull().indexed()
                table.column("seen_at", .integer).notNull()
                table.primaryKey(["source", "digest"])
            }
            try db.alter(table: "outbox") { table in
                // `applied` or `reverted`; NULL in rows of earlier versions.
                table.add(column: "action", .text)
                // Why it is not sent any more.
                table.add(column: "set_aside", .text)
            }
            // Reports that could not be signed yet: of each breach and action the latest.
            try db.create(table: "unsigned_report", options: [.withoutRowID]) { table in
                table.column("breach_id", .text).notNull()
                table.column("action", .text).notNull()
                table.column("body", .text).notNull()
                table.primaryKey(["breach_id", "action"])
            }
            // When an agent last had this journal, whether or not there was anything to write.
            try db.create(table: "heartbeat") { table in
                table.primaryKey("id", .integer)
                table.column("at", .integer).notNull()
            }
        }
        migrator.registerMigration("6 named records") { db in
            // Bodies say their version from here on, and name their own fields; those of earlier versions are read as
            // they are. What was written for nobody to read goes.
            try db.alter(table: "control") { table in
                table.drop(column: "bmc")
                table.drop(column: "outcome")
            }
            try db.alter(table: "breach") { $0.drop(column: "feed") }
        }
        migrator.registerMigration("7 authors of commands") { db in
            try db.alter(table: "history") { table in
                // Who gave a command, and why; NULL in rows of earlier versions.
                table.add(column: "user", .text)
                table.add(column: "reason", .text)
            }
        }
        migrator.registerMigration("8 power readings") { db in
            // What meters showed of what a breach bears on, in microwatts.
            try db.create(table: "power_reading") { table in
                table.primaryKey("seq", .integer)
                table.column("breach_id", .text).notNull().indexed()
                table.column("resource", .text).notNull()
                table.column("microwatts", .integer).notNull()
                table.column("at", .integer).notNull()
                table.column("is_part", .boolean).notNull()
            }
            // When what a line tells of was written; NULL where it was not, and in rows of earlier versions.
            try db.alter(table: "history") { $0.add(column: "written_at", .integer) }
        }
        migrator.registerMigration("9 freezes of parts") { db in
            // What operators have frozen, in place of the one switch for everything, which is still read.
            try db.create(table: "freeze") { table in
                table.primaryKey("seq", .integer)
                table.column("body", .text).notNull()
            }
        }
        migrator.registerMigration("10 baselines") { db in
            // Whether it is what was drawn before anything was asked; not known of rows of earlier versions, of which the first
            // may be from after a cap.
            try db.alter(table: "power_reading") {
                $0.add(column: "is_baseline", .boolean).notNull().defaults(to: false)
            }
        }
        migrator.registerMigration("11 replication") { db in
            // Where this file is in the log of several agents; no row where it is in none. Part of no entry itself.
            try db.create(table: "replication") { table in
                table.primaryKey("id", .integer)
                table.column("log", .text).notNull()
                table.column("number", .integer).notNull()
                table.column("chain", .blob).notNull()
                // Who appended last, and whether it said that it was the end of its term.
                table.column("leader", .text)
                table.column("has_ended", .boolean).notNull().defaults(to: false)
            }
        }
        return migrator
    }
}
