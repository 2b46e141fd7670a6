import EventBus
import Hummingbird
import Journal
import Logging
import PowerEvents
import Replication
import ServiceLifecycle
import Shedding
import Site
import Synchronization

/// The agent while another one leads: it follows the journal, hears the bus, answers what it is asked, and writes nothing.
struct FollowingAgent: Sendable {
    let services: [any Service]
    let pages: RouterResponder<BasicRequestContext>
    let commands: RouterResponder<ControlContext>
    let reload: ConfigurationReload
    let board: StatusBoard

    /// - Throws: an error that names the file that is to blame
    init(
        _ configuration: AgentConfiguration, member: StandbyMember, metrics: AgentMetrics,
        standbyMetrics: StandbyMetrics, state: ConfigurationState, supervisor: Supervisor,
        answer: @escaping @Sendable () -> StandbyAnswer, logger: Logger, wall: @escaping @Sendable () -> Timestamp
    ) throws {
        let journal = FollowedJournal(member)
        let trust = try TrustStore(
            configuration.trust, logger: logger, metrics: metrics, onLost: { state.lost(keyFiles: $0) })
        let rules = IntakeRules(maximumAge: configuration.policy.maxAge, limits: configuration.limits)
        let health = Health(pool: nil, store: journal, metrics: metrics, standby: standbyMetrics)
        metrics.setResources(configuration.site.order.count)
        let loginRenewal = WakeUp()
        let intake = FollowerIntake(
            gate: AlertGate(
                trust: trust, topicPrefix: configuration.bus.topicPrefix, rules: rules, logger: logger),
            journal: journal, status: { member.status }, metrics: metrics, logger: logger, now: wall)
        let bus = try FollowerBus(
            BusOptions(configuration, login: configuration.bus.login.asked(renewal: loginRenewal, logger: logger)),
            intake: intake, logger: logger,
            becameReady: { isReady in
                health.setBroker(ready: isReady)
                if isReady { logger.notice("subscribed to alert topics") }
            })
        loginRenewal.target = { bus.connection.renewLogin() }
        let view = FollowerView(
            configuration, clock: SteadyClock(origin: wall()),
            parts: .init(
                journal: journal, status: { member.status }, answer: answer, isBrokerReady: { health.isReady },
                state: state, logger: logger))
        reload = ConfigurationReload(
            configuration,
            parts: .init(
                trust: trust, state: state, rules: rules,
                adopt: { new in
                    bus.connection.listen(
                        to: BusOptions.alertTopics(
                            new.configuration.trust, prefix: configuration.bus.topicPrefix))
                    if let tls = new.brokerTLS { bus.connection.renew(tls) }
                    await view.adopt(new.configuration)
                },
                // The history is the leader's.
                note: { _, _, _ in }, announce: { supervisor.isReloading($0) }), logger: logger, now: wall)
        let history = HistoryDesk(store: journal) { names in
            let known = ResourceSelection(names: names).known(in: await view.moment().core.book.site)
            guard known.unknown.isEmpty else { throw known.unknown }
            return known.resolved.ids
        }
        board = StatusBoard(
            store: journal, epoch: String(UInt64(bitPattern: wall().milliseconds), radix: 36) + "f",
            loads: AlertedLoads(),
            revision: { Int(truncatingIfNeeded: member.status.applied) &* 2 &+ (health.isReady ? 1 : 0) },
            moment: { await view.moment() })
        pages = PublicRoutes(
            health: health, snapshot: { await view.moment().snapshot(summarises: false) },
            trouble: { answer().obstacle }, board: board, history: history,
            evidence: EvidenceDesk(store: journal, sign: nil)
        ).responder()
        commands = FollowerRoutes(
            view: view, history: history, reload: reload, status: { member.status },
            ask: { try await member.ask(leader: $0) }
        ).responder(group: configuration.control?.groupID)
        services = [KeyFileService(trust: trust), bus]
    }
}
