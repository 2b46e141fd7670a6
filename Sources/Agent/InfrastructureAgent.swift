import Curl
import Journal
public import Logging
public import PowerEvents
import ServiceLifecycle
import Shedding
import Synchronization
import UnixSignals

/// A whole agent, ready to run. Made by ``buildAgent(configuration:logger:wall:)``, for `ima` and for tests alike.
public struct InfrastructureAgent: Sendable {
    /// In the order of dependence; shut down in the reverse.
    let services: [any Service]
    let enforcer: Enforcer
    let store: any Store
    let pool: HTTPClientPool
    let shutdownTimeout: Duration
    let logger: Logger
    public let metrics: AgentMetrics
    private let boundPort: AgentServers.BoundPort

    /// The port that the HTTP pages listen on, once they do; of use where the configuration says 0.
    public var httpPort: Int? { boundPort.value.withLock { $0 } }

    init(
        _ agent: LeadingAgent, services: [any Service], shutdownTimeout: Duration, logger: Logger,
        boundPort: AgentServers.BoundPort
    ) {
        self.services = services
        enforcer = agent.enforcer
        store = agent.store
        pool = agent.pool
        metrics = agent.metrics
        self.shutdownTimeout = shutdownTimeout
        self.logger = logger
        self.boundPort = boundPort
    }

    /// Runs until a signal (SIGTERM or SIGINT), the end of the surrounding task, or a fault that leaves no sense in
    /// going on. Comes back when everything is at rest and the journal is closed.
    public func run(trappingSignals: Bool = true) async throws {
        var configuration = ServiceGroupConfiguration(
            services: services.map { .init(service: $0) },
            gracefulShutdownSignals: trappingSignals ? [.sigterm, .sigint] : [], logger: logger)
        configuration.maximumGracefulShutdownDuration = shutdownTimeout
        do {
            try await ServiceGroup(configuration: configuration).run()
        } catch {
            await close()
            throw error
        }
        await close()
        logger.notice("stopped; holds kept")
    }

    private func close() async {
        pool.shutDown()
        try? await store.close()
    }
}

/// Puts an agent that is alone together from a checked configuration. Opens the journal; nothing runs yet.
///
/// - Throws: an error that names the file, key or journal that is to blame
public func buildAgent(
    configuration: AgentConfiguration, logger: Logger,
    wall: @escaping @Sendable () -> Timestamp = { WallClock.now() }
) async throws -> InfrastructureAgent {
    let metrics = AgentMetrics()
    let servers = AgentServers(configuration, logger: logger)
    let supervisor = Supervisor()
    let agent = try await LeadingAgent(
        configuration, journal: try JournalDatabase(path: configuration.journal),
        surroundings: .init(
            metrics: metrics, state: ConfigurationState(startedAt: wall(), metrics: metrics), supervisor: supervisor,
            logger: logger, wall: wall))
    servers.use(agent.pages, agent.commands)
    for warning in configuration.warnings { logger.warning("\(warning)") }
    let (reload, enforcer) = (agent.reload, agent.enforcer)
    let services =
        servers.services + [ReloadService { _ = await reload.perform(author: $0) }] + agent.services + [
            // Last, so that whoever waits for it finds everything running.
            SupervisorService(supervisor: supervisor, isAlive: { await enforcer.isAlive() })
        ]
    return InfrastructureAgent(
        agent, services: services, shutdownTimeout: configuration.shutdownTimeout, logger: logger,
        boundPort: servers.boundPort)
}
