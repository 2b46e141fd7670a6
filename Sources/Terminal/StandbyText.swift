public import StrictJSON

/// How an agent stands beside those that it shares a journal with.
public enum StandbyText {
    /// `leader`, `standby of ima-a`, or `standby`.
    ///
    /// - Parameter status: of `ima status --json`
    public static func role(_ status: JSONValue) -> String {
        let standby = status["standby"]
        guard standby?["role"] == "standby" else { return "leader" }
        return standby?["leader"]?.string.map { "standby of \($0)" } ?? "standby"
    }

    /// What counts for `max_suspended`; nil where the site has no other shard.
    public static func counts(_ counts: JSONValue?) -> String? {
        guard let counts, let shards = counts["shards"]?.array?.count, shards > 1 else { return nil }
        return "\(counts["down"]?.text ?? "0") of \(counts["nodes"]?.text ?? "0") nodes down over \(shards) shards"
    }

    /// One line: who leads, how far behind this agent is, and how etcd is; none of an agent that is alone.
    static func lines(_ status: JSONValue) -> [String] {
        guard let standby = status["standby"], let site = standby["site"]?.string else { return [] }
        let members = standby["members"]?.array ?? []
        let leader = standby["leader"]?.string.map { name in
            "\(name) leads" + (standby["since"]?.string.map { " since \($0)" } ?? "")
        }
        let behind = standby["lag"]?.number?.int ?? 0
        var parts = [
            "\(site)/\(standby["shard"]?.string ?? "")", leader ?? "nobody leads",
            "entry \(standby["entry"]?.text ?? "0")" + (behind > 0 ? ", \(behind) behind" : ""),
            "etcd: \(members.count { $0["healthy"] == true }) of \(Line.count(members.count, "member")) answer",
        ]
        if let site = counts(standby["site_counts"]) { parts.append(site) }
        return ["standby: \(parts.joined(separator: "; "))"]
    }
}
