import Curl
import Journal
import Logging
import PowerEvents
import Redfish
import Shedding
import Site

/// Performs the steps of convergences.
///
/// What handles them whole is not asynchronous or not inlined: what an asynchronous function touches stays in its lane's
/// task while it waits, and thousands of lanes wait.
extension Enforcer {
    func run(_ key: ControlKey, priority: Int, place: Int) async {
        if let parked = parked.removeValue(forKey: key) { return await complete(parked.resumed(at: place)) }
        guard let run = await begin(key, priority: priority, place: place) else { return }
        while run.isPreparing { await prepare(run) }
        if run.group != nil, let others = lanes[run.bmc.address]?.takeLimits(priority: priority), !others.isEmpty {
            await completeTogether(run, others)
        } else {
            await complete(run)
        }
    }

    @inline(never)
    private func completeTogether(_ run: ConvergenceRun, _ others: [ControlKey]) async {
        var runs = [run]
        for key in others {
            guard let other = await begin(key, priority: run.priority, place: run.place) else { continue }
            while other.isPreparing { await prepare(other) }
            runs.append(other)
        }
        for run in runs.dropLast() { run.isFollowed = true }
        await writeTogether(runs)
        for run in runs { await complete(run) }
    }

    @inline(never)
    private func begin(_ key: ControlKey, priority: Int, place: Int) async -> ConvergenceRun? {
        let (run, actions) = take(key, priority: priority, place: place)
        if run == nil { await settle(JournalBatch(), actions) }
        return run
    }

    @inline(never)
    private func take(_ key: ControlKey, priority: Int, place: Int) -> (ConvergenceRun?, [Action]) {
        let (assignment, actions) = book.begin(key, now: now())
        return (assignment.map { ConvergenceRun(key, $0, priority: priority, place: place) }, actions)
    }

    /// Reads, or makes durable what is about to be written.
    @inline(never)
    private func prepare(_ run: ConvergenceRun) async {
        if case .record = run.step {
            return await record(run)
        }
        run.didRead(await read(run), now: now())
    }

    @inline(never)
    private func complete(_ run: ConvergenceRun) async {
        while true {
            switch run.step {
            case .read, .record: await prepare(run)
            case .write(let write):
                if let refusal = book.permit(run.key, revision: run.revision) {
                    run.step = run.convergence.didNotWrite(refusal)
                    continue
                }
                run.didWrite(await self.write(write, run), now: now())
            case .wait(let duration):
                // What is awaited can take minutes; the journal knows of it, and the next start looks again.
                if isStopping || Task.isCancelled { return }
                guard await wait(duration, run) else { return }
                if Task.isCancelled { return }
                run.step = run.convergence.didWait(now: now())
            case .finish(let outcome):
                if Task.isCancelled { return }
                return await finish(run, outcome)
            }
        }
    }

    /// Waits for what a BMC takes its time for, unless something more urgent is wanted of it.
    ///
    /// - Returns: false where the run is parked, and comes back when its turn comes again
    @inline(never)
    private func wait(_ duration: Duration, _ run: ConvergenceRun) async -> Bool {
        let due = run.dueAfter(duration, now: now())
        while due > now(), !isStopping, !Task.isCancelled {
            if hasMoreUrgent(than: run) {
                parked[run.key] = run
                lanes[run.bmc.address, default: Lane()].add(run.key, priority: run.priority)
                return false
            }
            let left = due - now()
            let sleep = Task<Void, Never> { try? await Task.sleep(for: left) }
            sleeps[LanePlace(bmc: run.bmc.address, place: run.place)] = sleep
            await withTaskCancellationHandler {
                await sleep.value
            } onCancel: {
                sleep.cancel()
            }
            sleeps[LanePlace(bmc: run.bmc.address, place: run.place)] = nil
        }
        run.due = nil
        return true
    }

    private func hasMoreUrgent(than run: ConvergenceRun) -> Bool {
        guard let lane = lanes[run.bmc.address], !lane.isEmpty else { return false }
        return lane.priority < run.priority
    }

    /// Something is wanted of a BMC: what waits there looks whether it is more urgent.
    func wakeSleepers(at address: BMC.Address) {
        for place in busy[address] ?? [] { sleeps[LanePlace(bmc: address, place: place)]?.cancel() }
    }

    /// One request for all that wait to write through the same resource. What does not is left as it is.
    @inline(never)
    private func writeTogether(_ runs: [ConvergenceRun]) async {
        var changes: [(run: Int, change: BMCClient.Change)] = []
        for (index, run) in runs.enumerated() where run.group == runs[0].group {
            guard case .write(let write) = run.step, book.permit(run.key, revision: run.revision) == nil else {
                continue
            }
            changes.append((index, BMCClient.Change(write: write, entry: run.convergence.entry)))
        }
        guard changes.count > 1 else { return }
        let limit = changes.map { runs[$0.run].convergence.timeLeft(now()) }.min() ?? .zero
        let results: [Result<Void, BMCFault>]
        do throws(BMCFault) {
            let client = try await clients.client(for: runs[0].bmc, place: runs[0].place)
            results = await client.writeTogether(
                changes.map(\.change),
                context: RequestContext(priority: runs[0].priority, deadline: .now + limit))
        } catch {
            results = changes.map { _ in .failure(error) }
        }
        for (index, result) in zip(changes.map(\.run), results) {
            runs[index].didWrite(result, now: now())
        }
    }

    @inline(never)
    private func read(_ run: ConvergenceRun) async -> Result<Reading, BMCFault> {
        let mayBeLast = run.isReadingBack && !run.isFollowed && lanes[run.bmc.address]?.isEmpty != false
        do throws(BMCFault) {
            return await (try await clients.client(for: run.bmc, place: run.place)).read(
                run.convergence.entry, identityAge: run.convergence.identityAge,
                context: context(run, mayBeLast ? .unlikely : .expected))
        } catch {
            return .failure(error)
        }
    }

    @inline(never)
    private func write(_ write: Convergence.Write, _ run: ConvergenceRun) async -> Result<Void, BMCFault> {
        do throws(BMCFault) {
            return await (try await clients.client(for: run.bmc, place: run.place)).write(
                write, run.convergence.entry, context: context(run, .expected))
        } catch {
            return .failure(error)
        }
    }

    private func context(_ run: ConvergenceRun, _ followup: HTTPRequest.Followup) -> RequestContext {
        RequestContext(
            priority: run.priority, deadline: .now + run.convergence.timeLeft(now()), followup: followup)
    }

    /// After how long a journal that refused an intent is asked again.
    private static let journalPause = Duration.milliseconds(500)

    /// Makes prior and intent durable. Only after that may the write go out.
    @inline(never)
    private func record(_ run: ConvergenceRun) async {
        let entry = run.convergence.entry
        if let refusal = book.permitRecord(entry, revision: run.revision) {
            run.step = run.convergence.didNotRecord(refusal)
            return
        }
        var batch = JournalBatch()
        batch.changes.controls = [(entry, book.controls[entry.key]?.outcome)]
        do {
            try await writer.commit(batch)
        } catch {
            // The disk may be somebody else's for some seconds, and the next regular look is a long way off.
            if run.convergence.timeLeft(now()) > Self.journalPause, !isStopping, !Task.isCancelled {
                try? await Task.sleep(for: Self.journalPause)
                return
            }
            run.step = run.convergence.didNotRecord(
                .failed(.journalCannotRecord("\(error)")))
            return
        }
        book.willWrite(entry)
        run.step = run.convergence.didRecord()
    }

    @inline(never)
    private func finish(_ run: ConvergenceRun, _ outcome: Outcome) async {
        let entry = run.convergence.entry
        let action: Enforcement.Action = if case .prior = run.convergence.goal { .reverted } else { .applied }
        metrics.count(outcome, of: action)
        // Of thousands that obey, reports and history tell.
        logger.log(
            level: outcome.code == .failed ? .warning : .debug, "\(action.rawValue): \(outcome.code.rawValue)",
            metadata: [
                "control": "\(run.key)", "bmc": "\(entry.bmc.address)",
                "value": "\(outcome.value.map(String.init(describing:)) ?? "unknown")",
                "message": "\(outcome.message ?? "")",
            ])
        await settle(
            JournalBatch(),
            book.finish(run.key, entry: entry, outcome: outcome, revision: run.revision, now: now()))
    }
}
