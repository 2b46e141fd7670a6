import CommandLineTool
import FleetSimulator
import Foundation
import GridSimulator
import PowerEvents
import Site

/// Plays a scenario: does what its steps say and waits for what they wait for.
final class LoopStory {
    private let stage: LoopStage
    private let recorder: LoopRecorder
    private let display: LoopDisplay
    /// Watts of each feed when the story began.
    private var baseline: [String: Double] = [:]
    /// When something was last done: what is waited for has to come after it.
    private var mark = Timestamp.now
    private var targeted: Set<String> = []
    /// One `gridsim isv`, which follows its targets until others take their place.
    private struct ISV {
        let name: String
        let id: pid_t
        let feeds: Set<String>
        /// Whether nobody expects it to see them met: others came first, or who tells of them cannot be believed.
        var isExcused = false
    }

    private var isvs: [ISV] = []
    private var running: [LoopScenario.Program: pid_t] = [:]
    private var player: LoopScenario.Player
    /// Whether the story waited for the last targets to be met.
    private var hasWaited = false
    private var logOffsets: [LoopScenario.Program: Int] = [:]

    init(_ stage: LoopStage, _ recorder: LoopRecorder, _ display: LoopDisplay) {
        self.stage = stage
        player = stage.scenario.player
        self.recorder = recorder
        self.display = display
    }

    func begin() async throws {
        for program in [LoopScenario.Program.ima, .powerAgent] { try await start(program) }
        baseline = stage.fleet.power.feeds
        let counts = stage.site.nodeCount
        display.say(
            "\(counts) nodes on simulated BMCs, mosquitto on port \(stage.brokerPort), ima and a power agent are up")
    }

    func play() async throws {
        for step in stage.scenario.story { try await play(step) }
        for isv in isvs { try await end(isv) }
    }

    private func play(_ step: LoopScenario.Step) async throws {
        switch step {
        case .wait(let time): try await Task.sleep(for: stage.paced(time))
        case .target(let shares, let within): try target(shares, within)
        case .burst(let shares):
            begin("burst of work")
            for (name, share) in shares {
                for bmc in try bmcs(name) { bmc.schedule(unscheduled: Double(share.basisPoints) / 10_000) }
            }
        case .calm(let names):
            begin("burst over")
            for name in names { for bmc in try bmcs(name) { bmc.schedule(unscheduled: 0) } }
        case .until(let condition, let within):
            try await wait(for: condition, within)
            if [.compliant, .rampedUp].contains(condition) { hasWaited = true }
        case .never(let condition, let time):
            let end = ContinuousClock.now + stage.paced(time)
            while ContinuousClock.now < end {
                if holds(condition) { throw Failure("\(condition.rawValue) came about, and should not have") }
                try await Task.sleep(for: .milliseconds(50))
            }
            display.say("no \(condition.rawValue) in \(time.seconds) s, as it should be")
        case .meter(let isStale):
            begin(isStale ? "meter stale" : "meter live")
            stage.fleet.meterIsStale = isStale
        case .stopBroker:
            begin("broker stopped")
            if let id = stage.children.id(of: "mosquitto") { await stage.children.end(id) }
        case .startBroker:
            begin("broker started")
            try await stage.startBroker()
        case .kill(let program):
            begin("\(program.rawValue) killed")
            if let id = running[program] { stage.children.kill(id) }
        case .start(let program):
            begin("\(program.rawValue) started")
            try await start(program)
        case .play(let player):
            begin("power agent: \(player.rawValue)")
            if let id = running[.powerAgent] { await stage.children.end(id) }
            self.player = player
            try stage.play(player)
            try await start(.powerAgent)
        }
    }

    private func begin(_ label: String) {
        mark = .now
        for program in LoopScenario.Program.allCases {
            logOffsets[program] = stage.children.logLength(of: program.rawValue)
        }
        recorder.incident(label)
        display.say(label)
    }

    private func start(_ program: LoopScenario.Program) async throws {
        try await stage.start(program)
        running[program] = stage.children.id(of: program.rawValue)
    }

    private func bmcs(_ name: String) throws -> [SimulatedBMC] {
        let found = stage.fleet.bmcs(named: name)
        guard !found.isEmpty else { throw Failure("the scenario names \"\(name)\", which has no machine", code: 2) }
        return found
    }

    // MARK: Targets

    private func target(_ shares: [(feed: String, share: Share?)], _ within: Duration) throws {
        let limit = "\(Int(max(stage.paced(within).seconds, 20)))s"
        var arguments = [
            "isv", "--broker", "mqtt://127.0.0.1:\(stage.brokerPort)", "--source", "\(LoopStage.isv)", "--key",
            stage.path("isv.pem"), "--kid", "isv-loop", "--within", limit,
            "--follow", "10m",
        ]
        for player in [LoopScenario.Player.reference, .publicAgent] {
            arguments += ["--trust", "\(LoopFiles.source(player))=\(stage.path("power-agent.jwks.json"))"]
        }
        let removed = shares.filter { $0.share == nil }.map(\.feed)
        if removed.isEmpty {
            for (feed, share) in shares {
                guard let share, let watts = baseline[feed] else {
                    throw Failure("the scenario has a target for \"\(feed)\", which is no feed of it", code: 2)
                }
                let kilowatts = (watts * Double(share.basisPoints) / 10_000 / 100).rounded() / 10
                arguments += ["--target", "\(feed)=\(kilowatts)kW"]
            }
        } else {
            guard removed.count == shares.count else {
                throw Failure("a target step either sets or removes", code: 2)
            }
            arguments.append("--remove")
            for feed in removed { arguments += ["--feed", feed] }
        }
        mark = .now
        targeted.formUnion(shares.map(\.feed))
        for index in isvs.indices where !isvs[index].feeds.isDisjoint(with: shares.map(\.feed)) {
            if stage.children.status(of: isvs[index].id) == nil {
                if !hasWaited { isvs[index].isExcused = true }
                stage.children.interrupt(isvs[index].id)
            }
        }
        hasWaited = false
        let name = "isv-\(isvs.count + 1)"
        let id = try stage.children.launch(
            name, ChildProcesses.sibling("gridsim"), arguments, logsOutput: true, ends: true)
        isvs.append(ISV(name: name, id: id, feeds: Set(shares.map(\.feed)), isExcused: player == .publicUnsigned))
        display.say(
            "ISV: "
                + shares.map { "\($0.feed) \($0.share.map { "to \($0) of what it drew" } ?? "without a target")" }
                .joined(separator: ", "))
    }

    /// An ISV that did not see its targets met ends with 1.
    private func end(_ isv: ISV) async throws {
        stage.children.interrupt(isv.id)
        let limit = ContinuousClock.now + .seconds(90)
        while stage.children.status(of: isv.id) == nil {
            guard ContinuousClock.now < limit else { throw Failure("\(isv.name) does not end") }
            try await Task.sleep(for: .milliseconds(50))
        }
        let last = stage.children.lastWords(of: isv.name)
        for line in last.split(separator: "\n") where !line.hasPrefix("20") { display.say("\(isv.name): \(line)") }
        // One whose targets were replaced on their way had nothing to see.
        if stage.children.status(of: isv.id) != 0, !isv.isExcused {
            throw Failure("\(isv.name): its targets were not met: \(last)")
        }
    }

    // MARK: Conditions

    private func wait(for condition: LoopScenario.Condition, _ within: Duration) async throws {
        let start = ContinuousClock.now
        // On a slow machine a fast run is late, not wrong.
        let limit = start + max(stage.paced(within), .seconds(30))
        while !holds(condition) {
            guard ContinuousClock.now < limit else {
                throw Failure(
                    "\(condition.rawValue) did not come about within \(Int((limit - start).seconds)) s\n"
                        + "ima: \(stage.children.lastWords(of: "ima"))\n"
                        + "power agent: \(stage.children.lastWords(of: "power-agent"))")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        display.say("\(condition.rawValue) after \(String(format: "%.1f", (ContinuousClock.now - start).seconds)) s")
    }

    private func holds(_ condition: LoopScenario.Condition) -> Bool {
        let record = recorder.record
        let mark = mark
        func alert(_ status: BreachAlert.Status) -> Bool {
            record.alerts.contains { $0.at >= mark && $0.alert.status == status }
        }
        func enforced(_ action: Enforcement.Action) -> Bool {
            record.enforcements.contains {
                $0.at >= mark && $0.enforcement.action == action
                    && $0.enforcement.diagnosticMessage?.contains("in progress") != true
            }
        }
        func says(_ program: LoopScenario.Program, _ text: String) -> Bool {
            stage.children.log(of: program.rawValue, after: logOffsets[program] ?? 0).contains(text)
        }
        // A snapshot that tells of a new target comes before the ramp that it begins, and says nothing of where that leads.
        func latest(_ feed: String) -> FeedState? {
            guard let last = record.states.last, last.at >= mark,
                let state = last.status.feeds.first(where: { $0.tag == feed })?.state,
                state.event ?? last.status.event != .targetSet
            else { return nil }
            return state
        }
        switch condition {
        case .compliant:
            return targeted.allSatisfy { feed in
                latest(feed).map { $0.compliant && !$0.inFlight && $0.targets.contains(where: \.active) } ?? false
            }
        case .breach: return alert(.active)
        case .escalated: return alert(.escalated)
        case .resolved: return alert(.resolved)
        case .under:
            return targeted.allSatisfy { feed in
                let samples = record.samples.filter { $0.feed == feed && $0.t >= record.seconds(mark) }
                return samples.last.map { sample in sample.target.map { sample.watts <= $0 } ?? true } ?? false
            }
        case .shed: return enforced(.applied)
        case .reverted: return enforced(.reverted)
        case .rampedUp:
            return targeted.allSatisfy { feed in
                latest(feed).map { !$0.inFlight && !$0.targets.contains(where: \.active) } ?? false
            }
        case .refused: return says(.ima, "refused a message")
        case .stale: return says(.powerAgent, "no current reading")
        case .live: return says(.powerAgent, "tell current readings again")
        }
    }
}
