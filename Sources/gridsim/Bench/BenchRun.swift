import CommandLineTool
import FleetSimulator
import Foundation
import OpenSSL
import PowerEvents

/// One breach from its alert to the last prior that was put back, by an agent of its own.
struct BenchRun {
    let stage: BenchStage
    let latency: BenchLatency
    let hungPercent: Int
    let start: BenchFigures.Start
    /// Whether the agent shares its journal with a second one.
    var hasStandby = false

    func run() async throws -> BenchFigures {
        var figures = BenchFigures(count: stage.count, latency: latency, hungPercent: hungPercent, start: start)
        figures.hasStandby = hasStandby
        stage.etcd.isUsed = hasStandby
        let fleet = stage.fleet
        // The numbers of all runs differ, so that each has a journal of its own.
        let number = Int(ShedTiming.now / 1_000_000)
        let agent: pid_t
        switch start {
        case .new: agent = try await stage.startAgent(number)
        case .cold:
            await stage.children.end(try await stage.startPatrollingAgent(number))
            agent = try await stage.startAgent(number)
        case .resumed, .warm: agent = try await stage.startPatrollingAgent(number)
        }
        let standby = hasStandby ? try await stage.startStandby(number) : nil
        if start == .resumed { try await fleet.drop() }
        try await fleet.set(hungPercent: hungPercent)
        try await fleet.forget()
        let watcher = try await stage.listen()
        defer { watcher.stop() }

        let breach = UUIDText(randomBytes: try RandomBytes.draw(16))
        let before = ProcessFigures(of: agent)
        let journal = await stage.metric("ima_journal_seconds_total")
        let journalProcessor = await stage.metric("ima_journal_cpu_seconds_total")
        let requests = try await fleet.timings().requests
        let alert = try await stage.publish(.active, breach)
        let told = try await results(watcher, breach, .applied, of: stage.count)
        figures.event = Double(told.at - alert) / 1e9
        figures.applied = told.applied
        let after = ProcessFigures(of: agent)
        let timings = try await fleet.timings()
        figures.writes = .init(timings.writes, since: alert)
        figures.readBacks = .init(timings.readBacks, since: alert)
        figures.requests = timings.requests - requests
        figures.cpuSeconds = after.cpuSeconds - before.cpuSeconds
        figures.journalSeconds = await stage.metric("ima_journal_seconds_total") - journal
        figures.journalProcessorSeconds = await stage.metric("ima_journal_cpu_seconds_total") - journalProcessor
        figures.descriptors = after.descriptors

        try await fleet.set(hungPercent: 0)
        try await fleet.forget()
        let resolved = try await stage.publish(.resolved, breach)
        let reverted = try await results(watcher, breach, .reverted, of: figures.applied)
        figures.restored = reverted.applied
        let released = try await fleet.timings().readBacks.max() ?? 0
        figures.release =
            released > resolved ? Double(released - resolved) / 1e9 - stage.holdDownSeconds : 0
        figures.peakMegabytes = ProcessFigures(of: agent).peakMegabytes
        if let standby { await stage.children.end(standby) }
        await stage.children.end(agent)
        try await fleet.restore()
        return figures
    }

    /// Waits until every resource was reported on, in however many events.
    private func results(
        _ watcher: EventWatcher, _ breach: UUIDText, _ action: Enforcement.Action, of count: Int
    ) async throws -> (at: UInt64, applied: Int) {
        try await withThrowingTaskGroup(of: (at: UInt64, applied: Int)?.self) { group in
            group.addTask {
                var codes: [String: EnforcementResult.Code] = [:]
                for await sighting in watcher.sightings {
                    guard let enforcement = sighting.enforcement, enforcement.breachID == breach,
                        enforcement.action == action
                    else { continue }
                    if let doubt = sighting.doubt { throw Failure("an event that does not verify: \(doubt)") }
                    for result in enforcement.results { codes[result.resourceID] = result.code }
                    if codes.count >= count { return (ShedTiming.now, codes.values.count { $0 == .applied }) }
                }
                return nil
            }
            group.addTask {
                try await Task.sleep(for: .seconds(180))
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let told = first else {
                throw Failure("no report on all \(count) BMCs within 180 s")
            }
            return told
        }
    }
}

extension BenchStage {
    var holdDownSeconds: Double { Self.holdDown / .seconds(1) }
}
