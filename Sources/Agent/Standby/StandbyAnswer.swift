import PowerEvents
import Replication
import Settings
import StrictJSON

/// How an agent stands beside those that it shares a journal with, as `ima status --json` and the page have it.
struct StandbyAnswer: Sendable {
    let status: ReplicationStatus
    let standby: AgentConfiguration.Standby
    let takeovers: Int
    /// What speaks against taking over, beside what the status says.
    var trouble: String?

    /// What keeps it from leading, following or taking over; nil where nothing does.
    var obstacle: String? { status.trouble ?? trouble }

    /// What the shards of the site say of their nodes.
    private var counts: JSONValue {
        let shards = (status.counts?.all ?? []).map { count -> JSONValue in
            [
                "shard": .string(count.shard), "nodes": .number(JSONNumber(count.nodes)),
                "down": .number(JSONNumber(count.down)),
            ]
        }
        return [
            "nodes": status.counts.map { .number(JSONNumber($0.nodes)) } ?? .null,
            "down": status.counts.map { .number(JSONNumber($0.down)) } ?? .null,
            "shards": .array(shards), "trouble": status.countsTrouble.map(JSONValue.string) ?? .null,
        ]
    }

    var json: JSONValue {
        [
            // Who has the lease leads, whether or not it may write at this moment.
            "role": status.role == .follower ? "standby" : "leader",
            "leader": status.leader.map(JSONValue.string) ?? .null,
            "since": status.since.map { .string($0.description) } ?? .null,
            "site": .string(standby.site), "shard": .string(standby.shard),
            "ttl": .string(Quantities.text(standby.ttl)),
            "suspended": .bool(status.role == .suspended),
            "entry": .number(JSONNumber(Int(clamping: status.applied))),
            "lag": .number(JSONNumber(Int(clamping: status.behind))),
            "lag_ms": status.lag.map { .number(JSONNumber(Int(clamping: Int64($0 / .milliseconds(1))))) } ?? .null,
            "takeovers": .number(JSONNumber(takeovers)),
            "site_counts": counts,
            "members": .array(
                status.endpoints.map { endpoint in
                    [
                        "endpoint": .string(endpoint.url), "healthy": .bool(endpoint.isHealthy),
                        "trouble": endpoint.trouble.map(JSONValue.string) ?? .null,
                    ]
                }),
            "trouble": obstacle.map(JSONValue.string) ?? .null,
        ]
    }
}
