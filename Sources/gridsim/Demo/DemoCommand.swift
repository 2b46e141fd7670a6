import ArgumentParser
import CommandLineTool
import Foundation

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Runs the whole main job on this machine: broker, simulated fleet, agent, and a breach.")

    @Option(
        name: .long,
        help: "The inventory to simulate, else inventory/demo/site.yaml; its BMCs on port 8443 get a free port.")
    var inventory: String?

    @Flag(name: .long, help: "The story of a breach in which three BMCs fail, and what an operator sees of it.")
    var fault = false

    @Flag(name: .long, help: "The story of a breach in the middle of which the agent that leads is killed; needs etcd.")
    var standby = false

    func validate() throws {
        if fault, standby { throw ValidationError("--fault or --standby, not both") }
    }

    func run() async throws {
        let stage = try DemoStage(inventory: inventory ?? ShippedFile.path("inventory/demo/site.yaml"))
        let outcome = await Interruption.orResult { [fault, standby] in
            if fault { return try await FaultStory(stage: stage, console: DemoConsole()).run() }
            if standby { return try await StandbyStory(stage: stage, console: DemoConsole()).run() }
            return try await DemoStory(stage: stage, console: DemoConsole()).run()
        }
        let log = stage.lastWords
        await stage.tearDown()
        switch outcome {
        case .success(true)?: return
        case .success(false)?: throw Failure("not every control was capped and restored\n\(log)")
        case .failure(let error)?: throw error
        case nil: throw Failure("interrupted; everything was cleaned up", code: 130)
        }
    }
}
