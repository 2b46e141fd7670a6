import FleetSimulator
import PowerEvents
import TestSupport
import Testing

/// What the agent says of each BMC, against what that BMC holds.
@Suite(.serialized)
struct TruthTableScenarios {
    private enum Verdict: String, Sendable {
        case applied
        case failed
        /// It says that it does not know.
        case unknown = "unknown"
        case skipped
        case lie = "LIE"
    }

    @Test(.timeLimit(.minutes(25)))
    func reportsMatchMachines() async throws {
        let stage = try await Stage(
            enforcement:
                ", max_suspended: 100%, deadline: 12s, reassert_limit: 2, report_after: 20s, republish_every: 300s",
            redfish: ", patrol_every: 0s",
            inventory: TruthTable.inventory, personalities: TruthTable.personalities)
        let fleet = stage.fleet
        let cells = TruthTable.cells
        for cell in cells {
            let bmc = fleet.bmc(of: cell.node)
            bmc?.faults = cell.row.faults
            if cell.row.isOff { bmc?.tamper { $0.powerState = "Off" } }
        }
        let before = cells.map { Self.held($0, fleet) }
        try await stage.startAgent()
        let breach = try Stage.newBreach()
        try await stage.alert(
            .active, breach,
            cells.map {
                MainJobScenarios.hint($0.resource, $0.type, $0.watts == nil ? .suspend : .powerCap, watts: $0.watts)
            })
        _ = try await stage.report(breach, .applied, within: .seconds(120)) { $0.results.count == cells.count }
        let judge: @Sendable () -> [Verdict] = {
            guard let report = stage.ledger.latest(breach, .applied) else { return [] }
            return cells.indices.map { index in
                Self.verdict(report.results[index], cells[index], fleet, prior: before[index])
            }
        }
        try await quiet(stage)
        let verdicts = try await lastWords(judge)
        let applied = try #require(stage.ledger.latest(breach, .applied))
        #expect(applied.results.map(\.resourceID) == cells.map(\.resource))
        for (index, verdict) in verdicts.enumerated() where verdict == .lie {
            let (cell, result) = (cells[index], applied.results[index])
            Issue.record(
                """
                \(cell.column.name), \(cell.row.name): \(result.code) \(result.message ?? ""), but it holds \
                \(Self.held(cell, fleet))
                """)
        }
        let byResource = Dictionary(uniqueKeysWithValues: zip(cells.map(\.resource), verdicts))
        print(TruthTable.text { byResource[$0.resource]?.rawValue ?? "" })

        var writes: [String: Int] = [:]
        for (node, cell) in Dictionary(cells.map { ($0.node, $0) }, uniquingKeysWith: { first, _ in first }) {
            guard let bmc = fleet.bmc(of: node) else { continue }
            switch cell.row.change {
            case .moves: bmc.tamper { $0.moveLimit() }
            case .exchanged:
                bmc.tamper { ($0.uuid, $0.serial) = ("another-" + $0.uuid, "X" + $0.serial) }
                writes[node] = bmc.writes.count
            case nil: continue
            }
        }
        // Back: what is said to be back is, whatever the fault; and once the faults are over, everything is.
        try await stage.alert(.resolved, breach)
        _ = try await stage.report(breach, .reverted, within: .seconds(120))
        try await quiet(stage)
        let reverted = try #require(stage.ledger.latest(breach, .reverted))
        for result in reverted.results where result.code == .applied {
            let index = try #require(cells.firstIndex { $0.resource == result.resourceID })
            #expect(
                Self.held(cells[index], fleet).inForce == before[index].inForce,
                "\(cells[index].column.name), \(cells[index].row.name): reverted, says the report")
        }
        for (node, count) in writes {
            #expect(fleet.bmc(of: node)?.writes.count == count, "\(node): another machine was written to")
            fleet.bmc(of: node)?.tamper {
                ($0.uuid, $0.serial) = (String($0.uuid.dropFirst("another-".count)), String($0.serial.dropFirst()))
            }
        }
        for bmc in fleet.bmcs { bmc.faults = [] }
        let isBack: @Sendable (Int) -> Bool = { index in
            let now = Self.held(cells[index], fleet)
            // The one value that its BMC does not take back, and does not use: capping is off, as it was.
            let isDellsMaximum = cells[index].column.name == "dell-idrac9" && now.knob?.mode == "Disabled"
            let isMoved = cells[index].row.change == .moves && now.inForce == before[index].inForce
            return now == before[index] || isDellsMaximum || isMoved
        }
        _ = try await eventually(within: .seconds(90)) { cells.indices.allSatisfy(isBack) }
        for (index, cell) in cells.enumerated() where !isBack(index) {
            Issue.record(
                """
                \(cell.column.name), \(cell.row.name): it holds \(Self.held(cell, fleet)), \
                before it held \(before[index]); \
                \(stage.ledger.latest(breach, .reverted)?.result(of: cell.resource)?.message ?? "")
                """)
        }
        #expect(fleet.bmcs.allSatisfy { $0.maximumRequestsAtOnce <= 1 })
        await stage.tearDown()
    }

    /// What is said of each once it was left to its last word.
    ///
    /// BMCs that somebody else writes to, or that reboot, change by themselves, each in its own time. What is said of
    /// one may lag behind by a look and a correction, whose deadline is 12 s; what is false for longer is a lie.
    private func lastWords(_ judge: () -> [Verdict]) async throws -> [Verdict] {
        let end = ContinuousClock.now + .seconds(50)
        var words = judge()
        var trueAt = words.map { _ in ContinuousClock.now }
        while true {
            let (verdicts, now) = (judge(), ContinuousClock.now)
            for (index, verdict) in verdicts.enumerated() where verdict != .lie {
                (words[index], trueAt[index]) = (verdict, now)
            }
            guard verdicts.contains(.lie), now < end else {
                for (index, time) in trueAt.enumerated() where now - time > .seconds(20) { words[index] = .lie }
                return words
            }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    /// What was said of a BMC, beside what it holds.
    private static func verdict(
        _ result: EnforcementResult, _ cell: TruthTable.Cell, _ fleet: SimulatedFleet, prior: Held
    ) -> Verdict {
        let holds = held(cell, fleet).inForce
        let asked = cell.watts.map { "\(result.appliedPower?.watts.wholeWatts ?? $0)" } ?? "Off"
        switch result.code {
        case .applied: return holds == asked ? .applied : .lie
        case .skipped: return holds == prior.inForce ? .skipped : .lie
        case .failed where admitsNotToKnow(result): return .unknown
        case .failed: return holds == prior.inForce || admits(result, holds) ? .failed : .lie
        }
    }

    /// What a BMC holds of what is asked of it.
    private struct Held: Sendable, Equatable {
        /// nil where the machine's power is asked about.
        let knob: PowerKnob?
        let power: String?

        var inForce: String? { knob.map { "\($0.limit ?? 0)" } ?? power }
    }

    private static func held(_ cell: TruthTable.Cell, _ fleet: SimulatedFleet) -> Held {
        cell.watts == nil
            ? Held(knob: nil, power: fleet.bmc(of: cell.node)?.machine.powerState)
            : Held(knob: fleet.knob(of: cell.resource), power: nil)
    }

    /// It says what it holds although that is not what was asked for.
    private static func admits(_ result: EnforcementResult, _ holds: String?) -> Bool {
        holds.map { result.message?.contains("\($0) W") == true } ?? false
    }

    private static func admitsNotToKnow(_ result: EnforcementResult) -> Bool {
        result.message?.contains("unknown") == true || result.message?.contains("unreachable") == true
    }

    /// Waits until nothing new was reported for a while.
    private func quiet(_ stage: Stage) async throws {
        var count = -1
        while count != stage.ledger.all.count {
            count = stage.ledger.all.count
            try await Task.sleep(for: .seconds(6))
        }
    }
}
