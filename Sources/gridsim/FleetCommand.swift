import ArgumentParser
import CommandLineTool
import FleetSimulator
import Foundation
import Inventory
import Settings
import Site

struct FleetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fleet",
        abstract: "Serves a simulated BMC for every BMC of an inventory, on its loopback address, over TLS.",
        discussion: """
            The certificates' authority is made on the first start and written to the CA file that the inventory names.

            Personalities: \(Personality.all.map(\.name).joined(separator: ", ")).
            Faults: a status from 400 to 599, \(Fault.Kind.named.map(\.name).joined(separator: ", ")), slow-shutdown.
            """)

    @Option(name: .long, help: "The inventory.") var inventory: String
    @Option(name: .long, help: "The generation that all BMCs play.") var personality: String?
    @Option(name: .long, help: "A file with personalities, latencies and faults of single BMCs.") var scenario: String?
    @Option(name: .long, help: "How long each answer takes.") var latency: String?
    @Option(name: .long, help: "A BMC that misbehaves, as RESOURCE=FAULT; may be repeated.") var fault: [String] = []

    func run() async throws {
        let problems = ProblemCollector()
        let environment = ProcessInfo.processInfo.environment
        let site = SiteReader.load([inventory], environment: environment, problems: problems, checksFiles: false)
        var plan =
            scenario.flatMap { path in
                SettingsFile.load(path, environment: environment, problems: problems).map(FleetScenario.init)
            } ?? FleetScenario()
        do { try problems.throwIfAny() } catch { throw Failure("\(error)") }
        if let personality {
            guard let named = Personality.named(personality) else {
                throw Failure("--personality: no such personality (got \"\(personality)\")", code: 2)
            }
            plan.personality = named
        }
        if let latency {
            guard let delay = Quantities.duration(latency) else {
                throw Failure("--latency: should be a duration such as 50ms (got \"\(latency)\")", code: 2)
            }
            plan.latency = delay
        }
        for text in fault { try add(text, to: &plan) }
        let authority = try FleetAuthority.prepare(for: site)
        let fleet = try SimulatedFleet(site: site, personality: plan.personality, each: plan.personalities)
        do { try plan.begin(fleet) } catch { throw Failure("\(error)", code: 2) }
        try await fleet.start(authority: authority)
        print("\(fleet.bmcs.count) simulated BMCs are up; end with ^C")
        fflush(nil)
        await Interruption.wait()
        await fleet.stop()
    }

    private func add(_ text: String, to plan: inout FleetScenario) throws {
        let parts = text.split(separator: "=").map(String.init)
        guard parts.count == 2 else { throw Failure("--fault: should be RESOURCE=FAULT (got \"\(text)\")", code: 2) }
        if let status = Int(parts[1]), (400...599).contains(status) {
            plan.faults[parts[0], default: []].insert(.status(status))
        } else if let kind = Fault.Kind.named.first(where: { $0.name == parts[1] })?.kind {
            plan.faults[parts[0], default: []].insert(Fault(kind))
        } else {
            throw Failure("--fault: no such fault (got \"\(parts[1])\")", code: 2)
        }
    }
}
