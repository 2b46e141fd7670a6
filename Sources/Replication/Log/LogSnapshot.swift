import Journal
import OpenSSL
import StrictJSON

/// The `snapshot` key: a member's whole file at a position of the log, in parts.
struct LogSnapshot: Sendable, Hashable {
    static let partLength = 512 << 10

    var id: String
    var number: Int64
    var chain: [UInt8]
    var bytes: Int
    /// SHA-256 over the file, in hexadecimal.
    var digest: String
    var format: Int
    var schema: Int

    var parts: Int { (bytes + Self.partLength - 1) / Self.partLength }

    init(
        id: String, number: Int64, chain: [UInt8], bytes: Int, digest: String, schema: Int,
        format: Int = Int(LogEntry.format)
    ) {
        self.id = id
        self.number = number
        self.chain = chain
        self.bytes = bytes
        self.digest = digest
        self.format = format
        self.schema = schema
    }

    var encoded: [UInt8] {
        let json: JSONValue = [
            "id": .string(id), "number": .number(JSONNumber(number)), "chain": .string(Hexadecimal.text(chain)),
            "parts": .number(JSONNumber(parts)), "bytes": .number(JSONNumber(bytes)), "digest": .string(digest),
            "format": .number(JSONNumber(format)), "schema": .number(JSONNumber(schema)),
        ]
        return json.bytes
    }

    /// - Parameter largest: what is believed
    /// - Returns: nil for what no agent wrote, or is larger
    init?(_ bytes: [UInt8], largest: Int) {
        guard bytes.count <= 4096, let json = try? JSONValue(parsing: bytes),
            let id = json["id"]?.string, (1...64).contains(id.utf8.count),
            id.utf8.allSatisfy({ $0 != UInt8(ascii: "/") && $0 > 0x20 && $0 < 0x7F }),
            let number = json["number"]?.number?.int, JournalPosition.numbers.contains(Int64(number)),
            let chain = json["chain"]?.string.flatMap(Hexadecimal.bytes), chain.count == LogEntry.chainLength,
            let size = json["bytes"]?.number?.int, (1...largest).contains(size),
            let digest = json["digest"]?.string, digest.utf8.count == 64,
            let format = json["format"]?.number?.int, (1...1_000_000).contains(format),
            let schema = json["schema"]?.number?.int, (1...1_000_000).contains(schema)
        else { return nil }
        self.init(
            id: id, number: Int64(number), chain: chain, bytes: size, digest: digest, schema: schema, format: format)
        guard json["parts"]?.number?.int == parts else { return nil }
    }
}
