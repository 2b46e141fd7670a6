import Journal
public import Logging
public import PowerEvents
import Replication
import ServiceLifecycle
import Shedding
import UnixSignals

/// An agent that shares its journal with others: one of them leads, and is what an agent alone is; the rest follow it.
///
/// One process, which is built anew for each turn of its part from the journal, as after a restart.
public struct StandbyAgent: Sendable {
    private let services: [any Service]
    private let shutdownTimeout: Duration
    private let logger: Logger

    /// For giving the lease back, after everything else has ended.
    private static let timeToHandOver = Duration.seconds(10)

    /// Opens the journal; nothing runs yet.
    ///
    /// - Parameter mayBeginLog: whether a journal of a log that etcd has lost may begin a new one
    /// - Throws: an error that names the file, key or journal that is to blame, or a configuration without `standby:`
    public init(
        configuration: AgentConfiguration, mayBeginLog: Bool = false, logger: Logger,
        wall: @escaping @Sendable () -> Timestamp = { WallClock.now() }
    ) throws {
        guard let standby = configuration.standby else { throw NoStandby() }
        // Found out now and not at the first takeover.
        _ = try KeyFiles.signingKey(configuration.signing.key, keyID: configuration.signing.keyID)
        var settings = ReplicationSettings(standby, member: configuration.agentID)
        settings.mayBeginAnew = mayBeginLog
        let member = try StandbyMember(settings, journal: configuration.journal, now: wall, logger: logger)
        let servers = AgentServers(configuration, logger: logger)
        let supervisor = Supervisor()
        let metrics = StandbyMetrics(site: standby.site, shard: standby.shard)
        let phases = StandbyPhases(
            configuration, standby: standby,
            parts: .init(
                member: member, servers: servers, supervisor: supervisor, metrics: metrics, logger: logger, wall: wall))
        for warning in configuration.warnings { logger.warning("\(warning)") }
        services =
            servers.services + [
                ReloadService { await phases.reload(by: $0) },
                StandbyWatch(status: { member.status }, metrics: metrics, logger: logger),
                phases, SupervisorService(supervisor: supervisor, isAlive: { await phases.isAlive() }),
            ]
        shutdownTimeout = configuration.shutdownTimeout + Self.timeToHandOver
        self.logger = logger
    }

    struct NoStandby: Error, CustomStringConvertible {
        let description = "the configuration has no standby:"
    }

    /// Runs until a signal (SIGTERM or SIGINT), the end of the surrounding task, or a fault that leaves no sense in
    /// going on. Comes back when everything is at rest, and the lease given back.
    public func run(trappingSignals: Bool = true) async throws {
        var configuration = ServiceGroupConfiguration(
            services: services.map { .init(service: $0) },
            gracefulShutdownSignals: trappingSignals ? [.sigterm, .sigint] : [], logger: logger)
        configuration.maximumGracefulShutdownDuration = shutdownTimeout
        try await ServiceGroup(configuration: configuration).run()
        logger.notice("stopped; holds kept")
    }
}

extension ReplicationSettings {
    fileprivate init(_ standby: AgentConfiguration.Standby, member: String) {
        self.init(
            endpoints: standby.endpoints, tls: standby.tls, login: standby.login, prefix: standby.prefix,
            site: standby.site, shard: standby.shard, ttl: standby.ttl, member: member)
    }
}
