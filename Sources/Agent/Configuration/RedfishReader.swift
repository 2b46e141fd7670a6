import Curl
import Redfish
import Settings

/// Reads the section `redfish:`; what is absent keeps its default.
enum RedfishReader {
    struct Patience {
        var options = RedfishOptions()
        var retries: Int
        /// nil: never.
        var patrolEvery: Duration? = .seconds(60)
    }

    static let keys = [
        "workers", "connections_per_bmc", "max_in_flight", "connect_timeout", "request_timeout", "retries",
        "patrol_every", "kept_connections", "longest_write",
    ]

    static func read(_ section: Setting?, retries: Int) -> (Patience, HTTPClientPool.Configuration) {
        var patience = Patience(retries: retries)
        var pool = HTTPClientPool.Configuration()
        guard let section else { return (patience, pool) }
        let members = section.members(keys)
        if let count = members["workers"]?.int(0...64) { pool.workers = count }
        if let count = members["connections_per_bmc"]?.int(1...8) { pool.connectionsPerOrigin = count }
        if let count = members["max_in_flight"]?.int(1...100_000) { pool.maximumInFlight = count }
        if let count = members["kept_connections"]?.int(0...100_000) { pool.maximumConnections = count }
        let least = Duration.milliseconds(100)
        if let value = members["connect_timeout"]?.duration(least ... .seconds(300)) {
            patience.options.connectTimeout = value
        }
        if let value = members["request_timeout"]?.duration(least ... .seconds(600)) {
            patience.options.requestTimeout = value
        }
        if let value = members["longest_write"]?.duration(.seconds(1) ... .seconds(600)) {
            patience.options.knownLongestWrite = value
        }
        if let count = members["retries"]?.int(0...20) { patience.retries = count }
        if let every = members["patrol_every"]?.duration() { patience.patrolEvery = every > .zero ? every : nil }
        return (patience, pool)
    }
}

extension RedfishOptions {
    /// With the agent's id, under which it creates things on BMCs.
    func named(_ agent: String) -> RedfishOptions {
        var options = self
        options.agent = agent
        return options
    }
}
