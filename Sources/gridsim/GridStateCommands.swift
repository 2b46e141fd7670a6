import ArgumentParser
import CommandLineTool
import Foundation
import OpenSSL
import PowerEvents
import Settings
import StrictJSON

struct LoadTargetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "loadtarget", abstract: "Signs and publishes a load target, as an ISV would.")

    @OptionGroup var signer: SignerArguments
    @Option(name: .long, help: "A feed; may be repeated. None means all.") var feed: [String] = []
    @Option(name: .long, help: "The constraint; without it the constraint is removed.") var target: String?

    func run() async throws {
        let constraint = try target.map { text in
            guard let watts = Quantities.power(text) else {
                throw Failure("--target: should be a power such as 1MW (got \"\(text)\")", code: 2)
            }
            return PowerQuantity(watts: watts, unit: .megawatt)
        }
        let payload = LoadTargetSet(targets: [.init(feedTags: feed, loadConstraint: constraint)])
        print(try await signer.publish(.loadTargetSet, payload.json).id)
    }
}

struct PowerStateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "powerstate", abstract: "Signs and publishes a power state snapshot of one feed.")

    @OptionGroup var signer: SignerArguments
    @Option(name: .long, help: "The feed.") var feed = "main-a"
    @Option(name: .long, help: "The load that the agent calculated.") var load = "900kW"
    @Flag(name: .long, help: "Put the event into the feed, as later revisions of the contract do.") var perFeed = false

    func run() async throws {
        guard let watts = Quantities.power(load) else {
            throw Failure("--load: should be a power such as 900kW (got \"\(load)\")", code: 2)
        }
        let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        let megawatt = PowerQuantity(watts: Watts(1_000_000), unit: .megawatt)
        let state = FeedState(
            powerMinimum: PowerQuantity(watts: .zero, unit: .megawatt), powerMaximum: megawatt,
            defaultConstraint: megawatt, calculatedLoad: PowerQuantity(watts: watts, unit: .kilowatt),
            event: perFeed ? .periodic : nil)
        let status = PowerStateStatus(
            snapshotTime: now, event: perFeed ? nil : .periodic, feeds: [(tag: feed, state: state)])
        print(try await signer.publish(.powerStateStatus, status.json).id)
    }
}
