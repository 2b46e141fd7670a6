import Prometheus
import Replication

/// What is measured of being one of several agents, as long as the process runs.
final class StandbyMetrics: Sendable {
    private struct Place: MetricLabels {
        static let names = ["site", "shard"]
        let site: String
        let shard: String
        var values: [String] { [site, shard] }
    }

    private let info: Metric<Gauge, Place>
    let takeovers = Metric<Counter, NoLabels>(
        "ima_standby_takeovers_total",
        help: "Times that this agent came to lead because the leader before it was lost.")
    let terms = Metric<Counter, NoLabels>(
        "ima_standby_terms_total", help: "Times that this agent came to lead, for whatever reason.")
    let losses = Metric<Counter, NoLabels>(
        "ima_standby_leases_lost_total", help: "Times that this agent lost its lease while it led.")
    let takeoverTime = Metric<Gauge, NoLabels>(
        "ima_standby_takeover_seconds", .seconds,
        help: "From being elected to enforcing, the latest time; 0 before the first.")
    let suspended = Metric<Gauge, NoLabels>(
        "ima_standby_suspended",
        help: "1 while this agent holds the lease and may not write, since etcd does not answer.")
    let inTrouble = Metric<Gauge, NoLabels>(
        "ima_standby_in_trouble", help: "1 while something keeps this agent from following, leading or writing.")
    let entriesBehind = Metric<Gauge, NoLabels>(
        "ima_standby_lag_entries", help: "Entries of the shared log that are not in this agent's journal yet.")
    let lag = Metric<Gauge, NoLabels>(
        "ima_standby_lag_seconds", .seconds,
        help: "How long ago this agent was last seen to have the whole log; -1 where it never had.")
    let applied = Metric<Gauge, NoLabels>(
        "ima_standby_log_entry", help: "The number of the last entry of the shared log in this agent's journal.")
    let endpoints = Metric<Gauge, NoLabels>(
        "ima_standby_etcd_members", help: "Members of etcd that the configuration names.")
    let healthyEndpoints = Metric<Gauge, NoLabels>(
        "ima_standby_etcd_members_healthy", help: "Those of them that answered when last asked.")

    let siteNodes = Metric<Gauge, NoLabels>(
        "ima_standby_site_nodes", help: "Nodes of all shards of the site; -1 where that is not known.")
    let siteSuspended = Metric<Gauge, NoLabels>(
        "ima_standby_site_suspended",
        help: "Nodes of all shards of the site that are down or about to be, for max_suspended; -1 where unknown.")

    init(site: String, shard: String) {
        let place = Place(site: site, shard: shard)
        info = Metric(
            "ima_standby_info", help: "1, with the site and the shard whose agents are each other's standby.",
            shown: [place])
        info[place].set(1)
    }

    /// Everything above.
    var all: [any AnyMetric] { Mirror(reflecting: self).children.compactMap { $0.value as? any AnyMetric } }

    func show(_ status: ReplicationStatus) {
        suspended.set(status.role == .suspended)
        inTrouble.set(status.trouble != nil)
        entriesBehind.set(Int(clamping: status.behind))
        lag.series.set(status.lag.map { $0 / .seconds(1) } ?? -1)
        applied.set(Int(clamping: status.applied))
        siteNodes.set(status.counts?.nodes ?? -1)
        siteSuspended.set(status.counts?.down ?? -1)
        endpoints.set(status.endpoints.count)
        healthyEndpoints.set(status.endpoints.count(where: \.isHealthy))
    }
}
