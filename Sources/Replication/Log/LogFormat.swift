import StrictJSON

/// The `format` key: there is a log, which one, and the newest versions that were ever written to it.
struct LogFormat: Sendable, Hashable {
    var log: String
    var format: Int
    var schema: Int

    var bytes: [UInt8] {
        let json: JSONValue = [
            "log": .string(log), "format": .number(JSONNumber(format)), "schema": .number(JSONNumber(schema)),
        ]
        return json.bytes
    }

    init(log: String, format: Int = Int(LogEntry.format), schema: Int) {
        self.log = log
        self.format = format
        self.schema = schema
    }

    /// - Returns: nil for what no agent wrote
    init?(_ bytes: [UInt8]) {
        guard bytes.count <= 4096, let json = try? JSONValue(parsing: bytes),
            let log = json["log"]?.string, (1...64).contains(log.utf8.count),
            let format = json["format"]?.number?.int, (1...1_000_000).contains(format),
            let schema = json["schema"]?.number?.int, (1...1_000_000).contains(schema)
        else { return nil }
        self.init(log: log, format: format, schema: schema)
    }

    /// Why a member with these versions can neither follow nor lead; nil where it can.
    func refusal(schema own: Int, format ownFormat: Int = Int(LogEntry.format)) -> String? {
        if format > ownFormat {
            return "the log is of format \(format), and this version of ima knows \(ownFormat): upgrade this agent"
        }
        if schema > own {
            return "the log was written by a newer version of ima (schema \(schema), here \(own)): upgrade this agent"
        }
        return nil
    }
}
