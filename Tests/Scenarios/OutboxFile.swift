import TestSupport

/// The unpublished events of a journal, read by another program than the one that wrote them.
enum OutboxFile {
    static func ids(_ journal: String) throws -> [String] {
        let script = """
            import sqlite3, sys
            rows = sqlite3.connect('file:' + sys.argv[1] + '?mode=ro', uri=True).execute(
                'SELECT event_id FROM outbox WHERE published_at IS NULL ORDER BY seq')
            print('\\n'.join(row[0] for row in rows))
            """
        return try ChildProcess.run("/usr/bin/env", ["python3", "-c", script, journal]).output
            .split(separator: "\n").map(String.init)
    }
}
