import Inventory
import Journal
import Logging
import PowerEvents
import Redfish
import Shedding

/// Performs the steps of convergences.
///
/// What handles them whole is not asynchronous or not inlined: what an asynchronous function touches stays in its lane's
/// task while it waits, and thousands of lanes wait.
extension Enforcer {
    func run(_ key: ControlKey, priority: Int, place: Int) async {
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
                    run.step = .finish(refusal)
                    continue
                }
                run.didWrite(await self.write(write, run), now: now())
            case .wait(let duration):
                // What is awaited can take minutes; the journal knows of it, and the next start looks again.
                if isStopping || Task.isCancelled { return }
                try? await Task.sleep(for: duration)
                if Task.isCancelled { return }
                run.step = run.convergence.didWait(now: now())
            case .finish(let outcome):
                if Task.isCancelled { return }
                return await finish(run, outcome)
            }
        }
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
        let limit = changes.map { runs[$0.run].convergence.timeLeft(now()) }.min()
        let results: [Result<Void, BMCFault>]
        do throws(BMCFault) {
            let client = try await clients.client(for: runs[0].bmc, place: runs[0].place)
            results = await client.writeTogether(changes.map(\.change), within: limit, priority: runs[0].priority)
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
                run.convergence.entry, mayBeLast: mayBeLast, priority: run.priority)
        } catch {
            return .failure(error)
        }
    }

    @inline(never)
    private func write(_ write: Convergence.Write, _ run: ConvergenceRun) async -> Result<Void, BMCFault> {
        do throws(BMCFault) {
            return await (try await clients.client(for: run.bmc, place: run.place)).write(
                write, run.convergence.entry, within: run.convergence.timeLeft(now()), priority: run.priority)
        } catch {
            return .failure(error)
        }
    }

    /// After how long a journal that refused an intent is asked again.
    private static let journalPause = Duration.milliseconds(500)

    /// Makes prior and intent durable. Only after that may the write go out.
    @inline(never)
    private func record(_ run: ConvergenceRun) async {
        let entry = run.convergence.entry
        if let refusal = book.permitRecord(entry.key, revision: run.revision) {
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
                Outcome(.failed, "not written: the journal cannot record it first (\(error))"))
            return
        }
        book.willWrite(entry)
        run.step = run.convergence.didRecord()
    }

    @inline(never)
    private func finish(_ run: ConvergenceRun, _ outcome: Outcome) async {
        let entry = run.convergence.entry
        let action: Enforcement.Action = if case .prior = run.convergence.goal { .reverted } else { .applied }
        metrics.count("ima_outcomes_total", ["code": outcome.code.rawValue, "action": action.rawValue])
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
