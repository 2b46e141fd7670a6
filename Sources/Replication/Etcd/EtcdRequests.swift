import Foundation

/// Requests as the gateway takes them: keys and values in base64, int64 as strings.
enum EtcdRequests {
    static func base64(_ bytes: some Sequence<UInt8>) -> String { Data(bytes).base64EncodedString() }

    private static func member(_ name: String, _ text: String) -> String { "\"\(name)\":\"\(text)\"" }

    private static func object(_ members: [String]) -> String { "{\(members.joined(separator: ","))}" }

    private static func members(_ range: EtcdRange) -> [String] {
        var members = [member("key", base64(range.first.utf8))]
        if let end = range.end { members.append(member("range_end", base64(end.utf8))) }
        return members
    }

    static func range(
        _ range: EtcdRange, limit: Int = 0, revision: Int64 = 0, keysOnly: Bool = false, last: Bool = false
    ) -> String {
        var parts = members(range)
        if limit > 0 { parts.append(member("limit", "\(limit)")) }
        if revision > 0 { parts.append(member("revision", "\(revision)")) }
        if keysOnly { parts.append("\"keys_only\":true") }
        // Ascending by key is how ranges come, and costs a sort where it is asked for.
        if last { parts += [member("sort_order", "DESCEND"), member("sort_target", "KEY")] }
        return object(parts)
    }

    static func transaction(_ transaction: EtcdTransaction) -> String {
        let compares = transaction.compares.map { compare in
            object([
                member("result", "EQUAL"), member("target", "CREATE"), member("key", base64(compare.key.utf8)),
                member("create_revision", "\(compare.createRevision)"),
            ])
        }
        let unchanged = transaction.unchanged.map { unchanged in
            object(
                [member("result", "LESS"), member("target", "MOD")] + members(unchanged.range)
                    + [member("mod_revision", "\(unchanged.since + 1)")])
        }
        return object([
            "\"compare\":[\((compares + unchanged).joined(separator: ","))]",
            "\"success\":[\(transaction.operations.map(operation).joined(separator: ","))]",
            "\"failure\":[\(transaction.otherwise.map(operation).joined(separator: ","))]",
        ])
    }

    private static func operation(_ operation: EtcdTransaction.Operation) -> String {
        switch operation {
        case .put(let key, let value, let lease):
            var parts = [member("key", base64(key.utf8)), member("value", base64(value))]
            if lease != 0 { parts.append(member("lease", "\(lease)")) }
            return "{\"request_put\":\(object(parts))}"
        case .get(let range): return "{\"request_range\":\(object(members(range)))}"
        case .delete(let range): return "{\"request_delete_range\":\(object(members(range)))}"
        }
    }

    /// - Parameter seconds: a lease's time to live
    static func grant(seconds: Int64) -> String { object([member("TTL", "\(seconds)")]) }

    static func lease(_ id: Int64) -> String { object([member("ID", "\(id)")]) }

    static func watch(_ range: EtcdRange, from revision: Int64) -> String {
        let parts =
            members(range) + [
                member("start_revision", "\(revision)"), "\"progress_notify\":true",
                // Without, many large values come as one message that the gateway may not take.
                "\"fragment\":true",
            ]
        return "{\"create_request\":\(object(parts))}"
    }
}
