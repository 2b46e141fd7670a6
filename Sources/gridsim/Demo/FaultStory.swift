import CommandLineTool
import EventBus
import FleetSimulator
import PowerEvents

/// The story of a breach in which three BMCs fail: what the agent does, and what an operator types and sees.
struct FaultStory {
    let stage: DemoStage
    let console: DemoConsole
    private let feed = "main-a"
    /// One of these holds a node and its eight GPUs.
    private static let failing = ["dgx-a07-03", "cpu-a08-04", "cpu-a08-05"]

    /// - Returns: whether the agent said what was so, and everything was put back
    func run() async throws -> Bool {
        console.heading("The site, and three BMCs that fail")
        try await stage.start()
        let parties = try await DemoParties(stage)
        defer { parties.stop() }
        let (powerAgent, inbox) = (parties.powerAgent, parties.inbox)
        try await wait("the patrol has seen all BMCs") { $0.contains("BMCs: 54 healthy") || $0.contains("53 healthy") }
        for name in Self.failing { stage.fleet.bmc(of: name)?.faults = [Fault(.refuse)] }
        console.line("the BMCs of \(Self.failing.joined(separator: ", ")) refuse every connection from now on")
        let isSeen = try await wait("the patrol has seen that") { $0.contains("3 BMCs fail") }
        operate("status")

        console.heading("The feed \(feed) is breached: critical")
        let breach = try DemoBreach(on: feed, gpus: 1, servers: 2, stage, console, powerAgent)
        let watches = breach.watches
        try await breach.publish(.active)
        let first = try await inbox.await(.applied)
        let failed = first.enforcement?.results.filter { $0.code == .failed } ?? []
        console.line(
            "enforcement event: \(first.enforcement?.code.rawValue ?? "none")"
                + " (\(first.enforcement?.diagnosticMessage ?? ""))")
        console.heading("What the operator types, and sees")
        let status = operate("status")
        operate("history", "--breach", String(breach.id.text.prefix(8)), "--limit", "12")
        operate("explain", Self.failing[1])

        console.heading("The three BMCs answer again")
        for name in Self.failing { stage.fleet.bmc(of: name)?.faults = [] }
        let isCaught = try await eventually { watches.allSatisfy { $0.isShed(stage.fleet) } }
        console.line(isCaught ? "what had failed is capped by now, unasked" : "NOT every control is capped")
        _ = try await wait("they are relied on again") { $0.contains(": OK") }
        operate("status")

        console.heading("The breach is resolved")
        try await breach.publish(.resolved)
        let isRestored = try await eventually { watches.allSatisfy { $0.isRestored(stage.fleet) } }
        _ = try await inbox.await(.reverted)
        console.plain(
            isRestored ? "every control holds what it held before" : "NOT every control holds what it held before")
        return isSeen && isCaught && isRestored && first.enforcement?.code == .partial && !failed.isEmpty
            && status.contains("failed")
    }

    // MARK: The operator

    /// Types a command. - Returns: what it printed
    @discardableResult
    private func operate(_ command: String, _ arguments: String...) -> String {
        let output = stage.ask(command, arguments)
        console.typed([command] + arguments, at: "", output: output)
        return output
    }

    /// Asks for the status until it says something, a minute at most.
    @discardableResult
    private func wait(_ label: String, _ isThere: (String) -> Bool) async throws -> Bool {
        let isSeen = try await eventually { isThere(stage.ask("status", [])) }
        console.line(isSeen ? label : "NOT: \(label)")
        return isSeen
    }

    private func eventually(_ isSo: () -> Bool) async throws -> Bool {
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            if isSo() { return true }
            try await Task.sleep(for: .milliseconds(250))
        }
        return isSo()
    }
}
