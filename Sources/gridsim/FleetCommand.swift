import CommandLineTool
import ArgumentParser
import FleetSimulator
import Foundation
import Inventory
import Settings

struct FleetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fleet",
        abstract: "Serves a simulated BMC for every BMC of an inventory, on its loopback address, over TLS.",
        discussion: """
            The certificates' authority is made on the first start and written to the CA file that the inventory names.
            A fault is RESOURCE=hang, RESOURCE=ignore, RESOURCE=apply-then-fail or RESOURCE=STATUS.
            """)

    @Option(name: .long, help: "The inventory.") var inventory: String
    @Option(name: .long, help: "The shape of all nodes' limits: environment-metrics, power-control or control.")
    var shape: String?
    @Option(name: .long, help: "How long each answer takes.") var latency = "0"
    @Option(name: .long, help: "A BMC that misbehaves; may be repeated.") var fault: [String] = []

    func run() async throws {
        let problems = ProblemCollector()
        let site = SiteReader.load(
            [inventory], environment: ProcessInfo.processInfo.environment, problems: problems, checksFiles: false)
        do { try problems.throwIfAny() } catch { throw Failure("\(error)") }
        let knobShape = try shape.map { name in
            guard let shape = PowerKnob.Shape(rawValue: name) else {
                throw Failure("--shape: no such shape (got \"\(name)\")", code: 2)
            }
            return shape
        }
        guard let delay = Quantities.duration(latency) else {
            throw Failure("--latency: should be a duration such as 50ms (got \"\(latency)\")", code: 2)
        }
        let authority = try FleetAuthority.prepare(for: site)
        let fleet = try SimulatedFleet(site: site, shape: knobShape)
        for bmc in fleet.bmcs { bmc.latency = delay }
        for text in fault { try apply(text, fleet) }
        try await fleet.start(authority: authority)
        print("\(fleet.bmcs.count) simulated BMCs are up; end with ^C")
        fflush(nil)
        await Interruption.wait()
        await fleet.stop()
    }

    private func apply(_ text: String, _ fleet: SimulatedFleet) throws {
        let parts = text.split(separator: "=").map(String.init)
        guard parts.count == 2, let bmc = fleet.bmc(of: parts[0]) else {
            throw Failure("--fault: should be RESOURCE=FAULT with a resource that has a BMC (got \"\(text)\")", code: 2)
        }
        switch parts[1] {
        case "hang": bmc.faults.insert(.hang)
        case "ignore": bmc.faults.insert(.ignoreWrites)
        case "apply-then-fail": bmc.faults.insert(.applyThenFail)
        case let status:
            guard let number = Int(status), (400...599).contains(number) else {
                throw Failure("--fault: no such fault (got \"\(status)\")", code: 2)
            }
            bmc.faults.insert(.status(number))
        }
    }
}
