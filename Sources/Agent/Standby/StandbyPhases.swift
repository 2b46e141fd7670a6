import Curl
import Journal
import Logging
import PowerEvents
import Prometheus
import Replication
import ServiceLifecycle
import Settings
import Shedding
import Site
import Synchronization

/// Follows, leads, follows again: puts together what each part needs, and takes it apart when the part is over.
final class StandbyPhases: Service {
    struct Parts: Sendable {
        let member: StandbyMember
        let servers: AgentServers
        let supervisor: Supervisor
        let metrics: StandbyMetrics
        let logger: Logger
        let wall: @Sendable () -> Timestamp
    }

    /// What the part of now is asked from outside.
    private struct Present {
        var reload: ConfigurationReload?
        var enforcer: Enforcer?
        var takeovers = 0
        /// When it handed over because no BMC answered it.
        var gaveUpAt: ContinuousClock.Instant?
    }

    let parts: Parts
    private let standby: AgentConfiguration.Standby
    private let start: AgentConfiguration
    private let present = Mutex(Present())

    init(_ configuration: AgentConfiguration, standby: AgentConfiguration.Standby, parts: Parts) {
        start = configuration
        self.standby = standby
        self.parts = parts
    }

    // MARK: What is asked from outside

    /// Comes back soon as long as steps come to their end.
    func isAlive() async -> Bool {
        guard let enforcer = present.withLock({ $0.enforcer }) else { return true }
        return await enforcer.isAlive()
    }

    func reload(by author: CommandAuthor) async { _ = await present.withLock { $0.reload }?.perform(author: author) }

    private func answer() -> StandbyAnswer {
        StandbyAnswer(
            status: parts.member.status, standby: standby, takeovers: present.withLock { $0.takeovers })
    }

    // MARK: The parts

    func run() async throws {
        var configuration = start
        let first = AgentMetrics()
        var state = ConfigurationState(startedAt: parts.wall(), metrics: first)
        while !Task.isCancelled, !Task.isShuttingDownGracefully {
            let metrics = AgentMetrics()
            state = ConfigurationState(from: state, metrics: metrics)
            metrics.show(.standby)
            let following = try FollowingAgent(
                configuration, member: parts.member, metrics: metrics, standbyMetrics: parts.metrics, state: state,
                supervisor: parts.supervisor, answer: { self.answer() }, logger: parts.logger, wall: parts.wall)
            present.withLock { $0.reload = following.reload }
            parts.servers.use(following.pages, following.commands)
            let term = try await follow(following)
            await following.board.close()
            configuration = await following.reload.current
            guard let term else { break }
            (configuration, state) = try await lead(term, configuration, state)
        }
        await parts.member.shutDown()
    }

    // MARK: Following

    private enum FollowingEvent: Sendable {
        case elected(LeaderTerm)
        case notElected
        case ended
    }

    /// - Returns: nil where the process is to end
    private func follow(_ agent: FollowingAgent) async throws -> LeaderTerm? {
        let group = Self.group(agent.services, within: .seconds(5), parts.logger)
        let member = parts.member
        return try await withThrowingTaskGroup(of: FollowingEvent.self) { tasks in
            tasks.addTask {
                try await group.run()
                return .ended
            }
            tasks.addTask {
                do {
                    return .elected(try await cancelWhenGracefulShutdown { try await member.lead() })
                } catch is CancellationError { return .notElected }
            }
            var term: LeaderTerm?
            do {
                while let event = try await tasks.next() {
                    switch event {
                    case .elected(let elected):
                        term = elected
                        await group.triggerGracefulShutdown()
                    case .notElected: await group.triggerGracefulShutdown()
                    case .ended: tasks.cancelAll()
                    }
                }
            } catch {
                tasks.cancelAll()
                while let event = try? await tasks.next() { if case .elected(let elected) = event { term = elected } }
                if let term { await member.end(term, yielding: true) }
                throw error
            }
            guard let term, Task.isShuttingDownGracefully else { return term }
            await member.end(term, yielding: true)
            return nil
        }
    }

    // MARK: Leading

    private enum LeadingEvent: Sendable {
        case ended
        case lost(String)
        case isToYield
        case helperEnded
    }

    /// - Returns: the configuration that is in force at the end of the term
    private func lead(
        _ term: LeaderTerm, _ configuration: AgentConfiguration, _ state: ConfigurationState
    ) async throws -> (AgentConfiguration, ConfigurationState) {
        let began = ContinuousClock.now
        let metrics = AgentMetrics()
        let state = ConfigurationState(from: state, metrics: metrics)
        metrics.show(.leader)
        parts.metrics.terms.increment()
        // Its own last process, which died, is nobody to take over from.
        if let former = term.takesOverFrom, former != configuration.agentID {
            parts.metrics.takeovers.increment()
            present.withLock { $0.takeovers += 1 }
        }
        let (yields, yielder) = AsyncStream<CommandAuthor>.makeStream()
        let reach = BMCReach(bmcs: configuration.site.bmcs.count)
        let agent: LeadingAgent
        do {
            agent = try await LeadingAgent(
                configuration, journal: term.journal,
                surroundings: .init(
                    metrics: metrics, state: state, supervisor: parts.supervisor, logger: parts.logger,
                    wall: parts.wall, standby: standbyPart(of: term, reach, yielder)))
        } catch {
            await parts.member.end(term, yielding: true)
            throw error
        }
        present.withLock { present in
            present.reload = agent.reload
            present.enforcer = agent.enforcer
        }
        parts.servers.use(agent.pages, agent.commands)
        let took = ContinuousClock.now - began
        parts.metrics.takeoverTime.series.set(took / .seconds(1))
        parts.logger.notice(
            "this agent leads",
            metadata: [
                "takes_over_from": "\(term.takesOverFrom ?? "nobody")", "entry": "\(parts.member.status.applied)",
                "ready_after": "\(took)",
            ])
        let watching = Task { await watch(reach, yielder) }
        defer { watching.cancel() }
        let result = await Self.perform(agent, term, yields, shutdownTimeout: configuration.shutdownTimeout, parts)
        present.withLock { $0.enforcer = nil }
        await agent.board.close()
        let configuration = await agent.reload.current
        switch result {
        case .success(.lost(let reason)):
            parts.metrics.losses.increment()
            parts.logger.critical(
                "this agent leads no more: what was under way is cut off, another agent goes on with it",
                metadata: ["reason": "\(reason)"])
            await parts.member.end(term, yielding: false)
        case .success:
            await parts.member.end(term, yielding: true)
            parts.logger.notice("the lease is given back; holds kept")
        case .failure(let error):
            await parts.member.end(term, yielding: true)
            throw error
        }
        return (configuration, state)
    }

    /// Runs the agent for the term. Comes back when nothing of it runs any more.
    private static func perform(
        _ agent: LeadingAgent, _ term: LeaderTerm, _ yields: AsyncStream<CommandAuthor>, shutdownTimeout: Duration,
        _ parts: Parts
    ) async -> Result<LeadingEvent, any Error> {
        let group = group(agent.services, within: shutdownTimeout, parts.logger)
        let responder = CallResponder(commands: agent.commands, logger: parts.logger)
        return await withTaskGroup(of: Result<LeadingEvent, any Error>.self) { tasks in
            // Apart, so that it can be waited for when all else is cancelled.
            let running = Task { try await group.run() }
            tasks.addTask {
                await withTaskCancellationHandler {
                    await withGracefulShutdownHandler {
                        do { try await running.value } catch { return .failure(error) }
                        return .success(.ended)
                    } onGracefulShutdown: {
                        Task { await group.triggerGracefulShutdown() }
                    }
                } onCancel: {
                    running.cancel()
                }
            }
            tasks.addTask {
                if case .lost(let reason) = await term.over() { return .success(.lost(reason)) }
                return .success(.helperEnded)
            }
            tasks.addTask {
                for await _ in term.deadlines { await agent.enforcer.renewLease() }
                return .success(.helperEnded)
            }
            tasks.addTask {
                for await _ in term.claims.news { await agent.enforcer.learnElsewhere() }
                return .success(.helperEnded)
            }
            tasks.addTask {
                await withDiscardingTaskGroup { group in
                    for await (call, reply) in term.calls { group.addTask { await reply(responder.answer(call)) } }
                }
                return .success(.helperEnded)
            }
            tasks.addTask {
                for await author in yields {
                    await agent.enforcer.note("yield", "the lease is handed over", by: author)
                    return .success(.isToYield)
                }
                return .success(.helperEnded)
            }
            var outcome: Result<LeadingEvent, any Error>?
            while let event = await tasks.next() {
                switch event {
                case .success(.helperEnded): break
                case .success(.isToYield): await group.triggerGracefulShutdown()
                case .success(.lost):
                    // Its end counts, whatever the rest comes to now.
                    outcome = event
                    await agent.enforcer.loseLease()
                    // What is on the wire is cut off with its connections.
                    agent.pool.shutDown()
                    tasks.cancelAll()
                case .success(.ended), .failure:
                    if outcome == nil { outcome = event }
                    tasks.cancelAll()
                }
            }
            if case .success(.lost) = outcome {} else { agent.pool.shutDown() }
            return outcome ?? .success(.ended)
        }
    }

    private func standbyPart(
        of term: LeaderTerm, _ reach: BMCReach, _ yielder: AsyncStream<CommandAuthor>.Continuation
    ) -> LeadingAgent.StandbyPart {
        let (fence, ttl, timeout) = (term.fence, standby.ttl, start.shutdownTimeout)
        return LeadingAgent.StandbyPart(
            mayWrite: { fence.isOpen }, timeLeft: { fence.timeLeft }, json: { self.answer().json },
            trouble: { self.answer().obstacle }, metrics: parts.metrics,
            yield: { author in
                yielder.yield(author)
                return .yields(
                    "what is under way on BMCs comes to its end (\(Quantities.text(timeout)) at most), then another agent leads; "
                        + "where none does within \(Quantities.text(ttl * 3)), this one leads again")
            }, takesOver: !term.followsAnEnd,
            shards: ShardClaims(term.claims), reach: reach)
    }

    /// Where no BMC answers anybody, the lease is not to go back and forth.
    private static let leastBetween = Duration.seconds(600)

    /// Hands over where no BMC answers this agent: another one may reach them. Where none takes the lease, it comes back.
    private func watch(_ reach: BMCReach, _ yielder: AsyncStream<CommandAuthor>.Continuation) async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(500))
            guard reach.isCutOff(), parts.member.status.trouble == nil else { continue }
            let isDue = present.withLock { present in
                if let last = present.gaveUpAt, .now - last < Self.leastBetween { return false }
                present.gaveUpAt = .now
                return true
            }
            guard isDue else { continue }
            parts.logger.critical(
                "no BMC answers this agent any more; the lease is handed over to one that may reach them")
            yielder.yield(CommandAuthor(user: nil, reason: "no BMC answers this agent"))
        }
    }

    private static func group(
        _ services: [any Service], within limit: Duration, _ logger: Logger
    ) -> ServiceGroup {
        var configuration = ServiceGroupConfiguration(
            services: services.map { .init(service: $0) }, gracefulShutdownSignals: [], logger: logger)
        configuration.maximumGracefulShutdownDuration = limit
        return ServiceGroup(configuration: configuration)
    }
}

extension AgentMetrics {
    fileprivate func show(_ role: StandbyRole.Role) {
        for other in StandbyRole.Role.allCases { standbyRole[.init(role: other)].set(other == role ? 1 : 0) }
    }
}
