import ArgumentParser
import CommandLineTool
import FleetSimulator
import Foundation
import Inventory
import Settings
import Site
import StrictJSON

/// One of the processes that play the fleet of `gridsim bench`. It obeys lines on its standard input and ends with it.
struct BenchFleetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench-fleet", abstract: "A part of the fleet of `gridsim bench`.", shouldDisplay: false)

    @Option(name: .long) var inventory: String
    @Option(name: .long) var part: Int
    @Option(name: .long) var of: Int

    func run() async throws {
        let problems = ProblemCollector()
        let site = SiteReader.load([inventory], environment: [:], problems: problems, checksFiles: false)
        do { try problems.throwIfAny() } catch { throw Failure("\(error)") }
        let fleet = try SimulatedFleet(site: site, personality: .standardMetrics, share: (part, of))
        try await fleet.start(authority: FleetAuthority.prepare(for: site))
        answer("ready")
        while let line = readLine() {
            let words = line.split(separator: " ")
            switch (words.first, words.dropFirst().first.flatMap { Int($0) }) {
            case ("restore", _): for bmc in fleet.bmcs { bmc.tamper { $0.restoreLimits() } }
            case ("forget", _): for bmc in fleet.bmcs { bmc.timing = ShedTiming() }
            case ("latency", let least?):
                for bmc in fleet.bmcs {
                    bmc.latency = .milliseconds(least)
                    bmc.latencyTail = .milliseconds((words.last.flatMap { Int($0) } ?? least) - least)
                }
            case ("handshake", let milliseconds?):
                for bmc in fleet.bmcs { bmc.handshake = .milliseconds(milliseconds) }
            case ("hang", let percent?):
                for (index, bmc) in fleet.bmcs.enumerated() {
                    bmc.faults = percent > 0 && index % (100 / percent) == 0 ? [Fault(.hang)] : []
                }
            case ("drop", _): fleet.dropConnections()
            case ("report", _):
                answer(Self.report(fleet).text)
                continue
            default: throw Failure("no such order: \(line)", code: 2)
            }
            answer("done")
        }
        await fleet.stop()
    }

    private func answer(_ text: String) {
        print(text)
        fflush(nil)
    }

    private static func report(_ fleet: SimulatedFleet) -> JSONValue {
        func number(_ value: UInt64?) -> JSONValue { .number(JSONNumber(Int(value ?? 0))) }
        let timings = fleet.bmcs.map(\.timing)
        return [
            "writes": .array(timings.map { number($0.write) }),
            "read_backs": .array(timings.map { number($0.readBack) }),
            "requests": .number(JSONNumber(fleet.bmcs.reduce(0) { $0 + $1.requests })),
        ]
    }
}
