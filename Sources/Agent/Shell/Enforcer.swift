import Journal
import Logging
import PowerEvents
import ServiceLifecycle
import Shedding
import Site
import StrictJSON
import Synchronization

/// The core's shell: hands it everything that happens, one after the other, and performs what it says. Decides nothing.
actor Enforcer: Service {
    /// What the shell performs with.
    struct Parts: Sendable {
        let agentID: String
        let performer: BMCPerformer
        let store: any Store
        let keeper: RecordKeeper
        let facts: FactLog
        let metrics: AgentMetrics
        let configuration: ConfigurationState
        /// As ``StatusSnapshot/standby``; nil where it is alone.
        let standby: (@Sendable () -> JSONValue)?
        /// How long writes may still begin; nil where that has no end.
        let timeLeft: (@Sendable () -> Duration)?
        /// How late a write may still arrive that whoever led before has sent; nil where there is none on its way.
        let former: FormerBounds?
        /// What a site of several shards counts; nil where the agent is alone.
        let shards: ShardClaims?
        let wakeOutbox: @Sendable () -> Void
    }

    private(set) var core: Core
    let parts: Parts
    let now: @Sendable () -> Moment
    private var tasks: [RunID: Task<Void, Never>] = [:]
    /// What comes from the bus, in its order.
    private nonisolated let arrivals: AsyncStream<Input>
    private nonisolated let arrivalSink: AsyncStream<Input>.Continuation
    private nonisolated let atRest = AsyncStream<Void>.makeStream()
    /// Bumped by what somebody may look for right away: what was commanded, and what was reported.
    private nonisolated let revisions = Atomic<Int>(0)
    nonisolated var revision: Int { revisions.load(ordering: .relaxed) }
    private var isStopping = false
    private var isProceeding = false
    /// Of the command that is being taken in.
    private var author: CommandAuthor?
    /// What comes back from now on was cut short, and says nothing of any BMC.
    private var isAbandoning = false

    /// How often time passes for the core.
    private static let tick = Duration.milliseconds(100)

    init(core: Core, parts: Parts, now: @escaping @Sendable () -> Moment) {
        self.core = core
        self.parts = parts
        self.now = now
        (arrivals, arrivalSink) = AsyncStream.makeStream()
    }

    /// Something that came from the bus. Callable from any thread; what it is called with comes to the core in that order.
    nonisolated func deliver(_ input: Input) { arrivalSink.yield(input) }

    func run() async throws {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                parts.facts.tellFrozen(core.book.freezes)
                renewLease()
                takeOver()
                learnElsewhere()
                step(.started)
                group.addTask { await self.consumeArrivals() }
                group.addTask { await self.passTime() }
            }
            await rest()
            // What was still being gathered.
            parts.facts.tellFailures(now: now().steady + .seconds(60))
            await parts.performer.clients.closeAll()
        } onGracefulShutdown: {
            Task { await self.stop() }
        }
    }

    private func stop() async {
        isStopping = true
        arrivalSink.finish()
        parts.keeper.giveUpOnFailure()
        step(.stopping)
        // A BMC that does not answer keeps its own session, and nobody else's.
        await parts.performer.clients.startClosing(except: core.busyBMCs)
    }

    /// Waits for what is under way on BMCs; where this task is cancelled, that is cancelled too.
    private func rest() async {
        await withTaskCancellationHandler {
            if !core.isAtRest { for await _ in atRest.stream { break } }
        } onCancel: {
            atRest.continuation.finish()
            Task { await self.cancelAll() }
        }
    }

    func cancelAll() {
        isAbandoning = true
        for task in tasks.values { task.cancel() }
    }

    private func consumeArrivals() async { for await input in arrivals { step(input) } }

    private func passTime() async {
        var ticks = 0
        parts.facts.measure(core, at: now().steady)
        parts.facts.measurePower(core, at: now().steady)
        while !isStopping, !Task.isCancelled {
            try? await Task.sleep(for: Self.tick)
            step(.time)
            parts.keeper.signWaiting()
            ticks += 1
            if ticks % 10 == 0 { parts.facts.measure(core, at: now().steady) }
            if ticks % 50 == 0 { parts.facts.measurePower(core, at: now().steady) }
        }
    }

    // MARK: Steps

    /// The only place at which the core is asked.
    @discardableResult
    func step(_ input: Input) -> CommandAnswer {
        let ready = core.step(input, at: now())
        switch input {
        case .command, .reloaded, .started: revisions.add(1, ordering: .relaxed)
        default: break
        }
        for effect in ready.effectsNow { perform(effect) }
        for batch in ready.batches { keep(batch) }
        if ready.isUnfinished { proceed() }
        if isStopping, core.isAtRest { atRest.continuation.finish() }
        return ready.answer
    }

    /// An operator's command. - Parameter author: kept in the history with it
    @discardableResult
    func command(_ command: Command, by author: CommandAuthor? = nil) -> CommandAnswer {
        self.author = author
        defer { self.author = nil }
        return step(.command(command))
    }

    /// Comes back soon as long as steps come to their end.
    func isAlive() -> Bool { true }

    /// Goes on behind what has come in by now.
    private func proceed() {
        if isProceeding { return }
        isProceeding = true
        Task {
            isProceeding = false
            step(.proceed)
        }
    }

    private func keep(_ batch: Batch) {
        parts.keeper.keep(batch, author: author) { [weak self] result in
            Task { await self?.didKeep(batch, result) }
        }
    }

    private func didKeep(_ batch: Batch, _ result: Result<Void, any Error>) {
        switch result {
        case .success:
            for effect in batch.effectsAfter { perform(effect) }
            step(.durable(batch.id))
        case .failure(let error): step(.notDurable(batch.id, reason: "\(error)"))
        }
    }

    private func perform(_ effect: Effect) {
        let performer = parts.performer
        switch effect {
        case .read(let order): begin(order.id) { .read(order.id, await performer.read(order)) }
        case .write(let order): begin(order.id) { .wrote(order.id, await performer.write(order)) }
        case .wake(let id, let delay):
            begin(id) {
                try? await Task.sleep(for: delay)
                return .woke(id)
            }
        case .visit(let order):
            let (policy, readiness) = (core.book.policy, parts.facts.readiness)
            begin(order.id) {
                .visited(order.id, await performer.visit(order, policy: policy, readiness: readiness))
            }
        case .meter(let order): begin(order.id) { .metered(order.id, await performer.meter(order)) }
        case .endVisit(let id): tasks[id]?.cancel()
        case .rest(let bmc, let slot):
            Task.detached {
                await performer.rest(bmc, slot)
                await self.step(.rested(slot))
            }
        case .claim(let claim): self.claim(claim)
        case .publish:
            revisions.add(1, ordering: .relaxed)
            parts.wakeOutbox()
        case .tell(let fact): parts.facts.tell(fact)
        }
    }

    /// Detached: a task of its own would have a copy of this actor's locals otherwise, of which there are thousands.
    private func begin(_ id: RunID, _ work: @escaping @Sendable () async -> Input) {
        tasks[id] = Task.detached {
            let input = await work()
            await self.end(id, input)
        }
    }

    private func end(_ id: RunID, _ input: Input) {
        tasks[id] = nil
        if !isAbandoning { step(input) }
    }
}
