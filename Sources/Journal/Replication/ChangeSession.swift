import CSQLiteSession
import GRDB

/// What a transaction changes, row by row, as bytes that another file takes.
final class ChangeSession {
    private let session: OpaquePointer

    /// The one table that is no part of any entry.
    private static let exception: StaticString = "replication"

    init(_ db: Database) throws {
        var session: OpaquePointer?
        // The name is kept by its address, so it has to outlive the session.
        let name = UnsafeRawPointer(Self.exception.utf8Start).assumingMemoryBound(to: CChar.self)
        let code = ima_session_begin(db.sqliteConnection, name, &session)
        guard code == 0, let session else { throw DatabaseError(resultCode: ResultCode(rawValue: code)) }
        self.session = session
    }

    deinit { ima_session_end(session) }

    func changes() throws -> [UInt8] {
        var count: Int32 = 0
        var bytes: UnsafeMutableRawPointer?
        let code = ima_session_changes(session, &count, &bytes)
        defer { ima_session_free(bytes) }
        guard code == 0 else { throw DatabaseError(resultCode: ResultCode(rawValue: code)) }
        guard let bytes, count > 0 else { return [] }
        return Array(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
    }

    /// - Throws: where a row is not as the changes expect it
    static func apply(_ changes: [UInt8], _ db: Database) throws {
        if changes.isEmpty { return }
        var table = [CChar](repeating: 0, count: 64)
        let code = changes.withUnsafeBytes { bytes in
            ima_changes_apply(db.sqliteConnection, bytes.baseAddress, Int32(clamping: bytes.count), &table, table.count)
        }
        guard code != 0 else { return }
        let name = String(decoding: table.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        throw DatabaseError(
            resultCode: ResultCode(rawValue: code),
            message: name.isEmpty ? nil : "a row of \(name) is not as the log expects it")
    }
}
