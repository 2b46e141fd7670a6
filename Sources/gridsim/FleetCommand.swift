import ArgumentParser
import CommandLineTool
import FleetSimulator
import Foundation
import Inventory
import PowerEvents
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

            Each machine's power follows its limits and its workload. With --control, GET /power tells the true watts of all, \
            by feed, rack and node; GET /machines/NAME those of what a resource or feed stands for; PATCH /machines/NAME \
            takes workload, admitted, unscheduled, rest_watts, add_rest_watts, lag_seconds and faults, PATCH /machines the \
            same for many names at once; GET /meters tells a power agent its feeds, and PATCH /meters takes faults \
            (meter-stale, meter-gone); POST /machines/NAME/policies plants a Node \
            Manager policy.
            """)

    @Option(name: .long, help: "The inventory.") var inventory: String
    @Option(name: .long, help: "The generation that all BMCs play.") var personality: String?
    @Option(name: .long, help: "A file with personalities, latencies and faults of single BMCs.") var scenario: String?
    @Option(name: .long, help: "How long each answer takes.") var latency: String?
    @Option(name: .long, help: "A BMC that misbehaves, as RESOURCE=FAULT; may be repeated.") var fault: [String] = []

    @Option(name: .long, help: "The share of what each machine can draw above idle that its work asks for.")
    var workload: String?
    @Option(name: .long, help: "How long power takes for 63 % of its way to a new limit or load.") var lag: String?
    @Option(name: .long, help: "Where to listen for commands by HTTP, such as 127.0.0.1:9670; loopback only.")
    var control: String?

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
        if let workload {
            guard let share = Quantities.share(workload), share.basisPoints <= 10_000 else {
                throw Failure("--workload: should be a share such as 75% (got \"\(workload)\")", code: 2)
            }
            plan.workload = Double(share.basisPoints) / 10_000
        }
        if let lag {
            guard let duration = Quantities.duration(lag) else {
                throw Failure("--lag: should be a duration such as 2s (got \"\(lag)\")", code: 2)
            }
            plan.lag = duration / .seconds(1)
        }
        for text in fault { try add(text, to: &plan) }
        let authority = try FleetAuthority.prepare(for: site)
        let fleet = try SimulatedFleet(site: site, personality: plan.personality, each: plan.personalities)
        do { try plan.begin(fleet) } catch { throw Failure("\(error)", code: 2) }
        try await fleet.start(authority: authority)
        let server = try await startControl(of: fleet)
        print("\(fleet.bmcs.count) simulated BMCs are up, drawing \(Self.kilowatts(fleet.power.total)); end with ^C")
        fflush(nil)
        await Interruption.wait()
        await server?.stop()
        await fleet.stop()
    }

    private static func kilowatts(_ watts: Double) -> String { String(format: "%.1f kW", watts / 1000) }

    private func startControl(of fleet: SimulatedFleet) async throws -> FleetControl? {
        guard let control else { return nil }
        let parts = control.split(separator: ":").map(String.init)
        guard parts.count == 2, let port = UInt16(parts[1]), parts[0].hasPrefix("127.") || parts[0] == "localhost"
        else {
            throw Failure(
                "--control: should be a loopback address such as 127.0.0.1:9670 (got \"\(control)\")", code: 2)
        }
        let server = FleetControl(fleet)
        do {
            let bound = try await server.start(host: parts[0], port: Int(port))
            print("commands at http://\(parts[0]):\(bound)")
        } catch { throw Failure("\(error)", code: 2) }
        return server
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
