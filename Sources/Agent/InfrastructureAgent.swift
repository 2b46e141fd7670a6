import Curl
import EventBus
import Journal
public import Logging
import Mosquitto
public import PowerEvents
import Prometheus
import Redfish
import ServiceLifecycle
import Settings
import Shedding
import Site
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
    private let boundPort: BoundPort

    final class BoundPort: Sendable {
        let value = Mutex<Int?>(nil)
    }

    /// The port that the HTTP pages listen on, once they do; of use where the configuration says 0.
    public var httpPort: Int? { boundPort.value.withLock { $0 } }

    init(
        services: [any Service], enforcer: Enforcer, store: any Store, pool: HTTPClientPool,
        shutdownTimeout: Duration, logger: Logger, metrics: AgentMetrics, boundPort: BoundPort
    ) {
        self.services = services
        self.enforcer = enforcer
        self.store = store
        self.pool = pool
        self.shutdownTimeout = shutdownTimeout
        self.logger = logger
        self.metrics = metrics
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

/// The pool's configuration, within what the system lets this process have open.
private func fitted(_ configuration: AgentConfiguration, _ logger: Logger) -> HTTPClientPool.Configuration {
    let pool = configuration.pool.fitted()
    let wanted = min(configuration.site.bmcs.count * pool.connectionsPerOrigin, configuration.pool.maximumConnections)
    if wanted > pool.maximumConnections {
        logger.warning(
            "not every BMC can have a connection kept open, and opening one anew takes time; raise LimitNOFILE",
            metadata: ["descriptors_for_bmcs": "\(pool.maximumConnections)", "wanted": "\(wanted)"])
    }
    return pool
}

/// Puts an agent together from a checked configuration. Opens the journal; nothing runs yet.
///
/// - Throws: an error that names the file, key or journal that is to blame
public func buildAgent(
    configuration: AgentConfiguration, logger: Logger,
    wall: @escaping @Sendable () -> Timestamp = { WallClock.now() }
) async throws -> InfrastructureAgent {
    let clock = SteadyClock(origin: wall())
    let metrics = AgentMetrics()
    let signingKey = try KeyFiles.signingKey(configuration.signing.key, keyID: configuration.signing.keyID)
    let trust = try TrustStore(configuration.trust, logger: logger, metrics: metrics)
    let store = SQLiteStore(
        try JournalDatabase(path: configuration.journal), now: wall,
        onFailure: { error in
            metrics.journalFailures.increment()
            logger.critical(
                "the journal cannot be written; nothing goes to any BMC until it can",
                metadata: ["reason": "\(error)"])
        })
    let contents = try await store.load()
    let pool = HTTPClientPool(fitted(configuration, logger))
    let health = Health(pool: pool, store: store, metrics: metrics)
    metrics.setResources(configuration.site.order.count)

    let outboxWake = WakeUp()
    let loginRenewal = WakeUp()
    let echoes = EchoWatch()
    let refusals = RefusalLog(
        metrics: metrics, isTrusted: { EventSource($0).map { trust.trusts($0) } ?? false }, logger: logger)
    let repetitions = Repetitions()
    let options = busOptions(configuration, login: brokerLogin(configuration.bus.login, loginRenewal, logger))
    let composer = EventComposer(
        source: EventSource(role: .infra, identifier: configuration.agentID),
        topicPrefix: configuration.bus.topicPrefix, key: signingKey,
        maximumEventBytes: configuration.policy.maxEventBytes)
    let parked = ParkedBreaches()
    let configurationState = ConfigurationState(startedAt: wall(), metrics: metrics)
    let rules = IntakeRules(maximumAge: configuration.policy.maxAge, limits: configuration.limits)
    let clients = ClientDirectory(
        transport: MeteredTransport(base: pool, metrics: metrics), options: configuration.redfish,
        credentials: configuration.site.credentials, ledger: JournalLedger(store: store, contents: contents))
    let enforcer = Enforcer(
        core: Core(
            site: configuration.site, policy: configuration.policy, mode: configuration.mode, contents: contents.core,
            bounds: configuration.bounds),
        parts: Enforcer.Parts(
            agentID: configuration.agentID, performer: BMCPerformer(clients: clients), store: store,
            keeper: RecordKeeper(
                store: store, composer: composer, refusals: refusals, repetitions: repetitions,
                unsigned: contents.unsigned, metrics: metrics, logger: logger, wall: wall,
                wakeOutbox: { outboxWake.call() }),
            facts: FactLog(
                metrics: metrics, logger: logger,
                readiness: ReadinessBoard(
                    configuration.site, round: configuration.bounds.patrolEvery, logger: logger, now: { clock.now() }),
                parked: parked), metrics: metrics, configuration: configurationState, wakeOutbox: { outboxWake.call() }),
        now: { Moment(steady: clock.now(), wall: wall()) })
    let loads = AlertedLoads()
    let bus = try BusService(
        options,
        handlers: BusService.Handlers(
            gate: AlertGate(
                trust: trust, topicPrefix: configuration.bus.topicPrefix, rules: rules, logger: logger),
            store: store, echoes: echoes, refusals: refusals, repetitions: repetitions,
            record: { refusal in
                // In a transaction with others: a flood of forgeries must not cost a flush of the disk each.
                var batch = JournalBatch()
                batch.refusals = [refusal]
                store.enqueue(batch, .once) { _ in }
            },
            deliver: { item in
                if let alert = item.alert.breachAlert {
                    loads.note(alert, from: item.alert.source, at: item.alert.receivedAt)
                }
                enforcer.deliver(.alert(item.received))
            },
            answerAgain: { enforcer.deliver(.repeated($0)) },
            connected: { enforcer.deliver(.connected) },
            becameReady: { isReady in
                health.setBroker(ready: isReady)
                if isReady { logger.notice("subscribed to alert topics") }
                if isReady { enforcer.deliver(.subscribed) } else { echoes.listen(false) }
            }), metrics: metrics, logger: logger, now: wall)
    let outbox = OutboxService(
        store: store, bus: bus.connection, echoes: echoes, composer: composer, metrics: metrics, logger: logger,
        now: wall, parked: { parked.value })
    loginRenewal.target = { bus.connection.renewLogin() }
    outboxWake.target = { outbox.wake() }

    let boundPort = InfrastructureAgent.BoundPort()
    var services: [any Service] = []
    if let address = configuration.http {
        services.append(
            HTTPService(
                endpoint: .tcp(address),
                responder: PublicRoutes(
                    health: health, snapshot: { await enforcer.moment().snapshot(summarises: false) },
                    board: StatusBoard(
                        store: store, epoch: String(UInt64(bitPattern: wall().milliseconds), radix: 36), loads: loads,
                        revision: { enforcer.revision &* 2 &+ (health.isReady ? 1 : 0) },
                        moment: { await enforcer.moment() }),
                    history: HistoryDesk(store: store) { try await enforcer.recorded($0) },
                    evidence: EvidenceDesk(store: store, sign: nil)
                ).responder(),
                logger: logger, onRunning: { port in boundPort.value.withLock { $0 = port } }))
    }
    let supervisor = Supervisor()
    let reload = ConfigurationReload(
        configuration,
        parts: .init(
            enforcer: enforcer, trust: trust, pool: pool, state: configurationState, rules: rules, composer: composer,
            // Under the prefix that the agent was started with.
            subscribe: { bus.listen(to: alertTopics($0.trust, prefix: configuration.bus.topicPrefix)) },
            renewBroker: { bus.renew($0) }, announce: { supervisor.isReloading($0) }), logger: logger, now: wall)
    if let control = configuration.control {
        services.append(
            HTTPService(
                endpoint: .unix(control),
                responder: ControlRoutes.responder(
                    CommandDesk(enforcer: enforcer, reload: reload), DrillDesk(enforcer: enforcer, store: store),
                    loads: loads,
                    store: store,
                    evidence: EvidenceDesk(store: store) { try composer.signed($0) }, group: control.groupID),
                logger: logger, onRunning: { _ in }))
    }
    services.append(RetentionService(store: store, enforcer: enforcer, logger: logger, wall: wall))
    services.append(CheckpointService(store: store, logger: logger))
    for warning in configuration.warnings { logger.warning("\(warning)") }
    services += [
        KeyFileService(trust: trust), ReloadService(reload: reload), bus, outbox, enforcer,
        // Last, so that whoever waits for it finds everything running.
        SupervisorService(supervisor: supervisor, isAlive: { await enforcer.isAlive() }),
    ]
    return InfrastructureAgent(
        services: services, enforcer: enforcer, store: store, pool: pool,
        shutdownTimeout: configuration.shutdownTimeout, logger: logger, metrics: metrics, boundPort: boundPort)
}

/// The topics of every trusted source's alerts, each on that of its role as the source spells it; each once.
private func alertTopics(_ trust: [AgentConfiguration.TrustedSource], prefix: String) -> [String] {
    var seen: Set<String> = []
    return trust.compactMap { EventSource($0.source) }.flatMap { source in
        Topic.all(.breachAlert, publisher: source, prefix: prefix)
    }.filter { seen.insert($0).inserted }
}

private func busOptions(
    _ configuration: AgentConfiguration, login: @escaping @Sendable () throws -> BusLogin?
) -> BusOptions {
    let topics = alertTopics(configuration.trust, prefix: configuration.bus.topicPrefix)
    var options = BusOptions(
        address: configuration.bus.address, clientID: configuration.agentID, tls: configuration.bus.tls,
        login: login, topics: topics,
        // With QoS 2 libmosquitto keeps a message in memory between PUBREC and PUBREL, where a crash loses it. With
        // QoS 1 it is the broker's until the journal has it, and duplicates are recognised here anyway.
        subscribeQoS: min(configuration.bus.qos, 1), publishQoS: configuration.bus.qos)
    let source = EventSource(role: .infra, identifier: configuration.agentID)
    options.optionalTopics = [
        Topic(.enforcement, publisher: source, prefix: configuration.bus.topicPrefix).description
    ]
    return options
}

private func brokerLogin(
    _ login: AgentConfiguration.BrokerLogin, _ renewal: WakeUp, _ logger: Logger
) -> @Sendable () throws -> BusLogin? {
    switch login {
    case .none: return { nil }
    case .tokenFile(let path): return { BusLogin(accessToken: try SecretFile.text(path)) }
    case .oauth2(let settings):
        let tokens = AccessTokens(settings, logger: logger)
        return { BusLogin(accessToken: try tokens.fetch { renewal.call() }) }
    }
}
