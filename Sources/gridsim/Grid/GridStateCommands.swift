import ArgumentParser
import CommandLineTool
import Curl
import Foundation
import GridSimulator
import PowerEvents
import Settings
import StrictJSON

struct LoadTargetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "loadtarget", abstract: "Signs and publishes a load target, as an ISV would.",
        discussion: "`gridsim isv` does the same and follows what becomes of it.")

    @OptionGroup var signer: SignerArguments
    @Option(name: .long, help: "A feed; may be repeated. None means all.") var feed: [String] = []
    @Option(name: .long, help: "The constraint; without it the constraint is removed.") var target: String?
    @OptionGroup var interval: IntervalArguments
    @Flag(name: .long, help: "Shed as far as no workload is hurt, and no further.") var bestEffort = false

    func run() async throws {
        let constraint = try target.map { try PowerArgument.quantity($0, "--target") }
        let payload = LoadTargetSet(targets: [
            .init(
                interval: try interval.interval(from: .now), feedTags: feed, loadConstraint: constraint,
                bestEffort: bestEffort)
        ])
        print(try await signer.publish(.loadTargetSet, payload.json, correlationID: RandomID.draw()).id)
    }
}

struct PowerStateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "powerstate", abstract: "Signs and publishes a power state snapshot of one feed.",
        discussion: """
            What is published is what is said here: the load by --load, or read from a meter by --meter. `gridsim \
            power-agent` publishes snapshots by itself.
            """)

    @OptionGroup var signer: SignerArguments
    @Option(name: .long, help: "The feed.") var feed: String
    @Option(name: .long, help: "The load that the agent calculated, such as 900kW.") var load: String?
    @Option(name: .long, help: "Where to read it instead: GET /meters of a simulated fleet.") var meter: String?
    @Option(name: .long, help: "The feed's power_minimum.") var minimum: String
    @Option(name: .long, help: "The feed's power_maximum.") var maximum: String
    @Option(name: .long, help: "The feed's default_constraint; the maximum without it.") var defaultConstraint: String?
    @Option(name: .long, help: "target_set, start_ramp_down, end_ramp_down, start_ramp_up, end_ramp_up or periodic.")
    var event = "periodic"
    @Option(name: .long, help: "The load target in force; none without it.") var target: String?
    @Option(name: .long, help: "The correlationid of the event that set the target.") var correlation: String?
    @Flag(name: .long, help: "The load is on its way to another level.") var inFlight = false
    @Flag(name: .long, help: "Put the event into the feed, as later revisions of the contract do.") var perFeed = false

    func run() async throws {
        guard let event = PowerStateStatus.Event(rawValue: event) else {
            let names = PowerStateStatus.Event.allCases.map(\.rawValue).joined(separator: ", ")
            throw Failure("--event: should be one of \(names) (got \"\(event)\")", code: 2)
        }
        let maximum = try PowerArgument.quantity(maximum, "--maximum")
        let load = try await measuredLoad(unit: maximum.unit)
        var targets: [FeedState.Target] = []
        if let target {
            guard let correlation, let id = UUIDText(correlation) else {
                throw Failure("--correlation: should be the UUID of the event that set the target", code: 2)
            }
            targets = [
                .init(
                    active: true, loadConstraint: try PowerArgument.quantity(target, "--target"), correlationID: id)
            ]
        }
        let state = FeedState(
            powerMinimum: try PowerArgument.quantity(minimum, "--minimum"), powerMaximum: maximum,
            defaultConstraint: try defaultConstraint.map { try PowerArgument.quantity($0, "--default-constraint") }
                ?? maximum,
            targets: targets, calculatedLoad: load, inFlight: inFlight, event: perFeed ? event : nil,
            compliant: targets.allSatisfy { load.watts <= $0.loadConstraint.watts })
        let status = PowerStateStatus(
            snapshotTime: .now, event: perFeed ? nil : event, feeds: [(tag: feed, state: state)])
        print(
            try await signer.publish(
                .powerStateStatus, status.json, correlationID: targets.first?.correlationID
            ).id)
    }

    private func measuredLoad(unit: PowerUnit) async throws -> PowerQuantity {
        switch (load, meter) {
        case (let load?, nil): return try PowerArgument.quantity(load, "--load")
        case (nil, let url?):
            let client = HTTPClientPool(.init(workers: 1))
            defer { client.shutDown() }
            guard let response = try? await client.send(HTTPRequest(.get, url: url)), response.status == 200,
                let reading = (try? JSONValue(parsing: response.body)).flatMap({ MeterReading(json: $0) })
            else { throw Failure("--meter: \(url) gives no reading") }
            guard let watts = reading.feeds[feed] else { throw Failure("--meter: \(url) has no feed \"\(feed)\"") }
            return PowerQuantity(watts: Watts(measured: watts), unit: unit)
        default: throw Failure("either --load or --meter should say what the load is", code: 2)
        }
    }
}
