import EventBus
import FleetSimulator
import Foundation
import OpenSSL
import PowerEvents
import Settings
import Site
import StrictJSON

/// The story that the demonstration tells: a breach that begins, grows, and ends.
struct DemoStory {
    let stage: DemoStage
    let console: DemoConsole
    private let feed = "main-a"

    /// - Returns: whether every control was capped and then restored
    func run() async throws -> Bool {
        let fleet = stage.fleet
        console.heading("The site")
        let counts = Dictionary(grouping: stage.site.order.compactMap { stage.site.resources[$0] }, by: \.type)
            .mapValues(\.count)
        console.line(
            "\(counts[.chassis] ?? 0) racks, \(counts[.node] ?? 0) nodes, \(counts[.gpu] ?? 0) GPUs;"
                + " \(fleet.bmcs.count) simulated BMCs over TLS")
        try await stage.start()
        console.line("mosquitto on port \(stage.brokerPort), the fleet, and `ima run` are up")

        let parties = try await DemoParties(stage)
        defer { parties.stop() }
        let (powerAgent, inbox) = (parties.powerAgent, parties.inbox)

        let breach = UUIDText(randomBytes: try RandomBytes.draw(16))
        var watches = firstWatches()
        let suspended = ["dgx-a07-17", "dgx-a07-18"].map { DemoWatch($0, priority: 4, goal: .down, fleet: fleet) }
        let drawnBefore = fleet.power.total
        console.heading("The feed \(feed) is breached: a warning")
        try await publish(.active, .warning, breach, hints(watches) + oddHints(), powerAgent)
        try await follow(watches)
        let first = try await inbox.await(.applied)
        show(first)

        console.heading("It grows: critical, with tighter targets and two nodes to suspend")
        watches = escalated(watches) + suspended
        try await publish(.escalated, .critical, breach, hints(watches) + oddHints(), powerAgent)
        try await follow(watches)
        let second = try await inbox.await(.applied)
        show(second)
        try await settle("power falls")
        let drawnAtCap = fleet.power.total
        let capped = watches.map {
            Capped(watch: $0, during: $0.now(fleet), watts: $0.watts(fleet), wasShed: $0.isShed(fleet))
        }
        console.line(
            "the fleet really draws \(Self.kilowatts(drawnAtCap)) now and drew \(Self.kilowatts(drawnBefore)):"
                + " \(Self.kilowatts(drawnBefore - drawnAtCap)) shed")

        console.heading("The breach is resolved: hold down, then let go in reverse order")
        try await publish(.resolved, .critical, breach, [], powerAgent)
        try await followRelease(watches)
        let third = try await inbox.await(.reverted)
        show(third)

        try await settle("power rises")
        console.line("the fleet really draws \(Self.kilowatts(fleet.power.total)) again")

        console.heading("What each control held, read from the BMCs, and what was really drawn")
        table(capped, fleet)
        let results = capped.map { ($0.wasShed, $0.watch.isRestored(fleet)) }
        let isGood = results.allSatisfy { $0.0 && $0.1 } && [first, second, third].allSatisfy { $0.doubt == nil }
        console.plain(
            "\(results.count { $0.0 }) of \(results.count) controls were capped, \(results.count { $0.1 }) restored;"
                + " every event verified: \([first, second, third].allSatisfy { $0.doubt == nil } ? "yes" : "NO")")
        return isGood
    }

    // MARK: What is asked for

    private func firstWatches() -> [DemoWatch] {
        let fleet = stage.fleet
        var watches: [DemoWatch] = []
        for resource in stage.site.order.compactMap({ stage.site.resources[$0] }) {
            switch resource.type {
            case .gpu:
                watches.append(DemoWatch(resource.id, priority: 1, goal: .watts(450), fleet: fleet))
            case .node where resource.parent == "rack-a08":
                let maximum = fleet.knob(of: resource.id)?.maximum ?? 0
                watches.append(DemoWatch(resource.id, priority: 2, goal: .watts(maximum * 60 / 100), fleet: fleet))
            case .node where resource.parent == "rack-a09" && !resource.isProtected:
                watches.append(DemoWatch(resource.id, priority: 3, goal: .watts(1000), fleet: fleet))
            default: break
            }
        }
        return watches
    }

    private func escalated(_ watches: [DemoWatch]) -> [DemoWatch] {
        watches.map { watch in
            var copy = watch
            if case .watts(450) = watch.goal { copy.goal = .watts(300) }
            return copy
        }
    }

    private func hints(_ watches: [DemoWatch]) -> [ShedHint] {
        watches.map { watch in
            let type = stage.site.resources[watch.resource]?.type ?? .node
            switch (watch.goal, watch.priority) {
            case (.down, _):
                return ShedHint(
                    resourceID: watch.resource, resourceType: type, action: .suspend, priority: watch.priority)
            case (.watts, 2):
                return ShedHint(
                    resourceID: watch.resource, resourceType: type, action: .throttle, priority: watch.priority)
            case (.watts(let watts), _):
                return ShedHint(
                    resourceID: watch.resource, resourceType: type, action: .powerCap, priority: watch.priority,
                    targetPower: PowerQuantity(watts: Watts(watts), unit: watts >= 1000 ? .kilowatt : .watt))
            }
        }
    }

    /// What must be skipped: a protected node, and one that nobody knows.
    private func oddHints() -> [ShedHint] {
        ["login-01", "not-in-the-inventory"].map {
            ShedHint(resourceID: $0, resourceType: .node, action: .suspend, priority: 3)
        }
    }

    private func publish(
        _ status: BreachAlert.Status, _ severity: BreachAlert.Severity, _ breach: UUIDText, _ hints: [ShedHint],
        _ powerAgent: SimulatedPowerAgent
    ) async throws {
        let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        let alert = BreachAlert(
            feedTag: feed, status: status, severity: severity, breachID: breach, detectedAt: now,
            resolvedAt: status == .resolved ? now : nil, targetCorrelationID: breach,
            loadConstraint: PowerQuantity(watts: Watts(1_000_000), unit: .megawatt),
            measuredLoad: PowerQuantity(watts: Watts(status == .resolved ? 950_000 : 1_150_000), unit: .megawatt),
            shedHints: hints)
        try await powerAgent.publish(powerAgent.event(.breachAlert, alert.json, time: now))
        console.line("signed alert \(status.rawValue), \(severity.rawValue), \(hints.count) hints, breach \(breach)")
    }

    // MARK: What is seen

    /// Watches the BMCs until every control holds what was asked for, priority by priority.
    private func follow(_ watches: [DemoWatch]) async throws {
        let start = ContinuousClock.now
        for priority in Set(watches.map(\.priority)).sorted() {
            let group = watches.filter { $0.priority == priority }
            try await wait(group, label: "priority \(priority)") { $0.isShed(stage.fleet) }
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            let example = group[0]
            console.line(
                "priority \(priority): \(group.count) controls done \(String(format: "%.2f", seconds)) s after the alert,"
                    + " such as \(example.resource): \(example.before) -> \(example.now(stage.fleet))")
        }
    }

    private func followRelease(_ watches: [DemoWatch]) async throws {
        try await wait(watches, label: "restored") { $0.isRestored(stage.fleet) }
        console.line("all \(watches.count) controls hold what they held before")
    }

    private func wait(_ watches: [DemoWatch], label: String, _ isDone: (DemoWatch) -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(90)
        while true {
            let done = watches.count(where: isDone)
            console.progress(label, done, watches.count)
            if done == watches.count { break }
            guard ContinuousClock.now < deadline else {
                console.endProgress()
                console.line("\(label): only \(done) of \(watches.count) after 90 s")
                return
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        console.endProgress()
    }

    private func show(_ sighting: EventWatcher.Sighting) {
        guard let enforcement = sighting.enforcement else { return }
        let trust = sighting.doubt.map { "NOT VERIFIED: \($0)" } ?? "signature verified"
        console.line(
            "enforcement event: \(enforcement.action.rawValue), \(enforcement.code.rawValue)"
                + " (\(enforcement.diagnosticMessage ?? "")), \(trust)")
        for result in enforcement.results where result.code != .applied {
            console.line("  \(result.code.rawValue) \(result.resourceID): \(result.message ?? "")")
        }
    }

    /// Waits until the fleet's power has come to rest after the last change, 15 s at most.
    private func settle(_ label: String) async throws {
        let deadline = ContinuousClock.now + .seconds(15)
        var last = stage.fleet.power.total
        while ContinuousClock.now < deadline {
            console.progress("\(label) (\(Self.kilowatts(last)))", 0, 0)
            try await Task.sleep(for: .seconds(1))
            let now = stage.fleet.power.total
            if abs(now - last) < 0.003 * last { break }
            last = now
        }
        console.endProgress()
    }

    /// One control when the breach was at its worst.
    private struct Capped {
        let watch: DemoWatch
        let during: String
        let watts: Double
        let wasShed: Bool
    }

    private static func kilowatts(_ watts: Double) -> String { String(format: "%.1f kW", watts / 1000) }

    private func table(_ capped: [Capped], _ fleet: SimulatedFleet) {
        func row(_ cells: [String]) {
            let widths = [20, 14, 12, 14, 9, 9, 9]
            console.plain(
                zip(cells, widths).map { $0.padding(toLength: max($1, $0.count), withPad: " ", startingAt: 0) }
                    .joined(separator: "  ") + (cells.count > widths.count ? "  \(cells[widths.count])" : ""))
        }
        row(["control", "before", "during", "after", "W before", "W during", "W after"])
        // GPUs are many and alike: one line a node.
        let groups = Dictionary(grouping: capped) { item in
            stage.site.resources[item.watch.resource]?.type == .gpu
                ? "\(stage.site.resources[item.watch.resource]?.parent ?? "") GPUs" : item.watch.resource
        }
        for (name, items) in groups.sorted(by: { $0.key < $1.key }) {
            let isGood = items.allSatisfy { $0.wasShed && $0.watch.isRestored(fleet) }
            let label = items.count > 1 ? "\(name) (\(items.count))" : name
            let watts = [
                items.reduce(0) { $0 + $1.watch.wattsBefore }, items.reduce(0) { $0 + $1.watts },
                items.reduce(0) { $0 + $1.watch.watts(fleet) },
            ].map(Self.kilowatts)
            row(
                [label, items[0].watch.before, items[0].during, items[0].watch.now(fleet)] + watts
                    + [isGood ? "ok" : "NOT RESTORED"])
        }
    }
}
