import Curl
import EventBus
import Hummingbird
import Journal
import Logging
import PowerEvents
import Prometheus
import Redfish
import ServiceLifecycle
import Shedding
import Site
import StrictJSON

/// The agent from its journal on: everything that a start makes, and with a standby each time that it comes to lead.
struct LeadingAgent: Sendable {
    /// In the order of dependence; shut down in the reverse. Without the servers, which outlive it.
    let services: [any Service]
    let enforcer: Enforcer
    let store: any Store
    let pool: HTTPClientPool
    let metrics: AgentMetrics
    let pages: RouterResponder<BasicRequestContext>
    let commands: RouterResponder<ControlContext>
    let reload: ConfigurationReload
    let board: StatusBoard

    /// What an agent is put into: what belongs to the process, and what a standby adds.
    struct Surroundings: Sendable {
        let metrics: AgentMetrics
        let state: ConfigurationState
        let supervisor: Supervisor
        let logger: Logger
        let wall: @Sendable () -> Timestamp
        /// nil: it is alone, and leads itself.
        var standby: StandbyPart?
    }

    /// What leading for a standby adds to an agent.
    struct StandbyPart: Sendable {
        /// Whether this agent may write to BMCs and publish at this very moment.
        let mayWrite: @Sendable () -> Bool
        /// How long writes may still begin.
        let timeLeft: @Sendable () -> Duration
        /// As ``StatusSnapshot/standby``.
        let json: @Sendable () -> JSONValue
        /// What speaks against being ready.
        let trouble: @Sendable () -> String?
        /// For the page of metrics, beside the agent's own.
        let metrics: StandbyMetrics
        /// Asks for a planned hand-over.
        let yield: @Sendable (CommandAuthor) -> YieldAnswer
        /// Where another agent led before, and may have left writes on their way.
        let takesOver: Bool
        /// What the site counts over its shards.
        let shards: ShardClaims
        /// Told of each answer of a BMC, and of each that does not come.
        let reach: BMCReach
    }

    /// - Throws: an error that names the file or key that is to blame, or the journal
    init(
        _ configuration: AgentConfiguration, journal: JournalDatabase, surroundings: Surroundings
    ) async throws {
        let (metrics, logger, wall) = (surroundings.metrics, surroundings.logger, surroundings.wall)
        let standby = surroundings.standby
        let clock = SteadyClock(origin: wall())
        let signingKey = try KeyFiles.signingKey(configuration.signing.key, keyID: configuration.signing.keyID)
        let trust = try TrustStore(
            configuration.trust, logger: logger, metrics: metrics,
            onLost: { surroundings.state.lost(keyFiles: $0) })
        let store = SQLiteStore(
            journal, now: wall,
            onFailure: { error in
                metrics.journalFailures.increment()
                logger.critical(
                    "the journal cannot be written; nothing goes to any BMC until it can",
                    metadata: ["reason": "\(error)"])
            })
        let contents = try await store.load()
        let pool = HTTPClientPool(Self.fitted(configuration, logger), fence: standby?.mayWrite)
        let health = Health(pool: pool, store: store, metrics: metrics, standby: standby?.metrics)
        metrics.setResources(configuration.site.order.count)

        let outboxWake = WakeUp()
        let loginRenewal = WakeUp()
        let echoes = EchoWatch()
        let refusals = RefusalLog(
            metrics: metrics, isTrusted: { EventSource($0).map { trust.trusts($0) } ?? false }, logger: logger)
        let repetitions = Repetitions()
        let options = BusOptions(
            configuration, login: configuration.bus.login.asked(renewal: loginRenewal, logger: logger))
        let composer = EventComposer(
            source: EventSource(role: .infra, identifier: configuration.agentID),
            topicPrefix: configuration.bus.topicPrefix, key: signingKey,
            maximumEventBytes: configuration.policy.maxEventBytes)
        let parked = ParkedBreaches(mode: configuration.mode)
        let configurationState = surroundings.state
        let rules = IntakeRules(maximumAge: configuration.policy.maxAge, limits: configuration.limits)
        let clients = ClientDirectory(
            transport: MeteredTransport(base: pool, metrics: metrics, reach: standby?.reach),
            options: configuration.redfish,
            credentials: configuration.site.credentials, ledger: JournalLedger(store: store, contents: contents))
        let enforcer = Enforcer(
            core: Core(
                site: configuration.site, policy: configuration.policy, mode: configuration.mode,
                contents: contents.core, bounds: configuration.bounds),
            parts: Enforcer.Parts(
                agentID: configuration.agentID,
                performer: BMCPerformer(clients: clients, mayWrite: standby?.mayWrite), store: store,
                keeper: RecordKeeper(
                    store: store, composer: composer, refusals: refusals, repetitions: repetitions,
                    unsigned: contents.unsigned, metrics: metrics, logger: logger, wall: wall,
                    wakeOutbox: { outboxWake.call() }),
                facts: FactLog(
                    metrics: metrics, logger: logger,
                    readiness: ReadinessBoard(
                        configuration.site, round: configuration.bounds.patrolEvery, logger: logger,
                        now: { clock.now() }),
                    parked: parked), metrics: metrics, configuration: configurationState,
                standby: standby?.json, timeLeft: standby?.timeLeft,
                former: standby?.takesOver == true ? configuration.redfish.formerBounds : nil,
                shards: standby?.shards, wakeOutbox: { outboxWake.call() }),
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
            now: wall, parked: { standby?.mayWrite() ?? true ? parked.toldOf : nil })
        loginRenewal.target = { bus.connection.renewLogin() }
        outboxWake.target = { outbox.wake() }

        board = StatusBoard(
            store: store, epoch: String(UInt64(bitPattern: wall().milliseconds), radix: 36), loads: loads,
            revision: { enforcer.revision &* 2 &+ (health.isReady ? 1 : 0) }, moment: { await enforcer.moment() })
        pages = PublicRoutes(
            health: health, snapshot: { await enforcer.moment().snapshot(summarises: false) },
            trouble: standby?.trouble, board: board,
            history: HistoryDesk(store: store) { try await enforcer.recorded($0) },
            evidence: EvidenceDesk(store: store, sign: nil)
        ).responder()
        reload = ConfigurationReload(
            configuration,
            parts: .init(
                trust: trust, state: configurationState, rules: rules,
                adopt: { new in
                    composer.limit(toBytes: new.configuration.policy.maxEventBytes)
                    // Under the prefix that the agent was started with.
                    bus.listen(
                        to: BusOptions.alertTopics(
                            new.configuration.trust, prefix: configuration.bus.topicPrefix))
                    if let tls = new.brokerTLS { bus.renew(tls) }
                    // Before anything is asked of a BMC by the new rules.
                    pool.renewTrust(force: new.renewsTrust)
                    await enforcer.reload(new.configuration)
                }, note: { await enforcer.note($0, $1, by: $2) },
                announce: { surroundings.supervisor.isReloading($0) }), logger: logger, now: wall)
        commands = ControlRoutes.responder(
            CommandDesk(enforcer: enforcer, reload: reload), DrillDesk(enforcer: enforcer, store: store),
            loads: loads, store: store, evidence: EvidenceDesk(store: store) { try composer.signed($0) },
            yield: standby?.yield, group: configuration.control?.groupID)
        services = [
            RetentionService(store: store, enforcer: enforcer, logger: logger, wall: wall),
            CheckpointService(store: store, logger: logger), KeyFileService(trust: trust), bus, outbox, enforcer,
        ]
        self.enforcer = enforcer
        self.store = store
        self.pool = pool
        self.metrics = metrics
    }

    /// The pool's configuration, within what the system lets this process have open.
    private static func fitted(
        _ configuration: AgentConfiguration, _ logger: Logger
    ) -> HTTPClientPool.Configuration {
        let pool = configuration.pool.fitted()
        let wanted = min(
            configuration.site.bmcs.count * pool.connectionsPerOrigin, configuration.pool.maximumConnections)
        if wanted > pool.maximumConnections {
            logger.warning(
                "not every BMC can have a connection kept open, and opening one anew takes time; raise LimitNOFILE",
                metadata: ["descriptors_for_bmcs": "\(pool.maximumConnections)", "wanted": "\(wanted)"])
        }
        return pool
    }
}
