import CommandLineTool
import EventBus
import FleetSimulator
import Foundation
import PowerEvents
import StrictJSON
import Synchronization

/// The story of a breach in the middle of which the agent that leads is killed, and another one goes on.
struct StandbyStory {
    let stage: DemoStage
    let console: DemoConsole
    private let feed = "main-a"

    /// - Returns: whether every control was capped and then restored, and each report had one id
    func run() async throws -> Bool {
        console.heading("The site, three members of etcd, and two agents")
        let leader = try await stage.startPair()
        let other = DemoStage.pair.first { $0 != leader } ?? ""
        console.line("\(leader) leads, \(other) is its standby; both listen to the broker")
        let parties = try await DemoParties(stage)
        defer { parties.stop() }
        let ledger = EventLedger(parties.sightings)
        // So that there is a middle of it.
        for bmc in stage.fleet.bmcs { bmc.latency = .milliseconds(150) }

        console.heading("The feed \(feed) is breached: critical")
        let breach = try DemoBreach(on: feed, gpus: 2, servers: 1, stage, console, parties.powerAgent)
        let watches = breach.watches
        try await breach.publish(.active)
        _ = try await eventually { watches.count { $0.isShed(stage.fleet) } > watches.count / 4 }
        let done = watches.count { $0.isShed(stage.fleet) }
        stage.killAgent(leader)
        let killed = ContinuousClock.now
        console.heading("kill -9 of \(leader): \(done) of \(watches.count) controls are capped")
        let leads = try await eventually { stage.log(of: other).contains("this agent leads") }
        let takeover = ContinuousClock.now - killed
        console.line(
            leads ? "\(other) leads \(seconds(takeover)) after the kill" : "NOT: \(other) does not lead")
        let isCapped = try await eventually { watches.allSatisfy { $0.isShed(stage.fleet) } }
        console.line(
            isCapped
                ? "all \(watches.count) controls are capped \(seconds(.now - killed)) after the kill"
                : "NOT every control is capped")
        operate("status", of: other)

        console.heading("\(leader) is started again, and follows")
        try stage.startAgent(leader)
        let isSettled = try await stage.settled() == other
        operate("status", of: leader)

        console.heading("The breach is resolved; in the middle of the release \(other) hands over")
        try await breach.publish(.resolved)
        _ = try await eventually { watches.contains { $0.isRestored(stage.fleet) } }
        operate("standby", "yield", "--reason", "an upgrade", of: leader)
        let isRestored = try await eventually { watches.allSatisfy { $0.isRestored(stage.fleet) } }
        console.line(
            isRestored ? "every control holds what it held before" : "NOT every control holds what it held before")
        _ = try await eventually {
            ledger.all.contains { $0.enforcement?.action == .reverted && $0.enforcement?.code == .success }
        }
        let isTrue = judge(ledger.all, breach.id)
        return leads && isCapped && isSettled && isRestored && isTrue
    }

    /// Whether every event verified, and no report was told under two ids.
    private func judge(_ events: [EventWatcher.Sighting], _ breach: UUIDText) -> Bool {
        let mine = events.filter { $0.enforcement?.breachID == breach }
        let reports = Dictionary(grouping: mine) { $0.enforcement?.json.text ?? "" }.mapValues { copies in
            Set(copies.map(\.event.id)).count
        }
        let isReverted = mine.contains { $0.enforcement?.action == .reverted && $0.enforcement?.code == .success }
        let isApplied = mine.contains { $0.enforcement?.action == .applied && $0.enforcement?.code == .success }
        let isSound = mine.allSatisfy { $0.doubt == nil } && reports.values.allSatisfy { $0 == 1 }
        console.plain(
            "\(mine.count) enforcement events, \(reports.count) reports, one id each: \(isSound ? "yes" : "NO");"
                + " applied: \(isApplied ? "yes" : "NO"), reverted: \(isReverted ? "yes" : "NO")")
        return isSound && isApplied && isReverted
    }

    private func operate(_ command: String, _ arguments: String..., of name: String) {
        console.typed([command] + arguments, at: name, output: stage.ask(command, arguments, of: name))
    }

    private func eventually(_ isSo: () -> Bool) async throws -> Bool {
        let deadline = ContinuousClock.now + .seconds(90)
        while ContinuousClock.now < deadline {
            if isSo() { return true }
            try await Task.sleep(for: .milliseconds(20))
        }
        return isSo()
    }

    private func seconds(_ duration: Duration) -> String { String(format: "%.2f s", duration / .seconds(1)) }
}

/// Every event that is seen.
private final class EventLedger: Sendable {
    private let seen = Mutex<[EventWatcher.Sighting]>([])

    init(_ sightings: AsyncStream<EventWatcher.Sighting>) {
        Task { for await sighting in sightings { self.seen.withLock { $0.append(sighting) } } }
    }

    var all: [EventWatcher.Sighting] { seen.withLock { $0 } }
}
