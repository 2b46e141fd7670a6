import PowerEvents
import StrictJSON

/// Who leads: the leader key's value, and what a term's first entry carries.
struct LogTerm: Sendable, Hashable {
    private static let longestName = 256

    var member: String
    var since: Timestamp
    /// Of the entries' layout, and of the tables.
    var format: Int
    var schema: Int
    /// New with each campaign, in hexadecimal.
    var nonce: String

    var bytes: [UInt8] {
        let json: JSONValue = [
            "id": .string(member), "since": .number(JSONNumber(since.milliseconds)),
            "format": .number(JSONNumber(format)), "schema": .number(JSONNumber(schema)), "nonce": .string(nonce),
        ]
        return json.bytes
    }

    init(member: String, since: Timestamp, nonce: String, schema: Int, format: Int = Int(LogEntry.format)) {
        self.member = member
        self.since = since
        self.format = format
        self.schema = schema
        self.nonce = nonce
    }

    /// - Returns: nil for what no agent wrote
    init?(_ bytes: [UInt8]) {
        guard bytes.count <= 4096, let json = try? JSONValue(parsing: bytes),
            let member = json["id"]?.string, (1...Self.longestName).contains(member.utf8.count),
            let since = json["since"]?.number?.int, (0...4_102_444_800_000).contains(since),
            let format = json["format"]?.number?.int, (1...1_000_000).contains(format),
            let schema = json["schema"]?.number?.int, (1...1_000_000).contains(schema),
            let nonce = json["nonce"]?.string, nonce.utf8.count == 2 * LogEntry.termLength
        else { return nil }
        self.init(
            member: member, since: Timestamp(milliseconds: Int64(since)), nonce: nonce, schema: schema, format: format)
    }
}
