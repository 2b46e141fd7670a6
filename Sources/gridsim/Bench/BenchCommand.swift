import ArgumentParser
import CommandLineTool
import FleetSimulator
import Foundation
import OpenSSL
import PowerEvents
import StrictJSON

struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract:
            "Measures how long a breach takes from the alert to the last read-back, beside curl on the same fleet.",
        discussion: """
            Every combination of the options is run: a fleet in its own processes, a broker, and the ima that lies beside
            this program. Seconds depend on the machine; ratios within one run are what can be compared.
            """)

    @Option(name: .long, help: "How many BMCs; may be repeated. 1000 without it.") var bmcs: [Int] = []
    @Option(
        name: .long,
        help:
            "Milliseconds that answers take: 200, or 50-400 with most near the lower end; may be repeated. 0 without it."
    )
    var latency: [BenchLatency] = []
    @Option(name: .long, help: "Milliseconds that a BMC takes for a TLS handshake, beside its share of the processors.")
    var handshake = 0
    @Option(name: .long, help: "Percent of the BMCs that hang; may be repeated. 0 without it.") var hung: [Int] = []
    @Option(name: .long, help: "new, cold, resumed or warm; may be repeated. cold and warm without it.")
    var start: [String] = []
    @Option(name: .long, help: "How often each is run; the one with the median time is told.") var repeats = 3
    @Option(name: .long, help: "Where all figures go as JSON.") var json: String?
    @Option(name: .long, help: "How many connections the agent keeps while it asks nothing; all without it.")
    var keptConnections: Int?
    @Option(name: .long, help: "The agent's meter_every, in seconds. An hour leaves measuring out.")
    var meterEvery = 10
    @Flag(name: .long, help: "Without curl.") var noCurl = false
    @Flag(
        name: .long,
        help: "Each once more with a second agent and an etcd of three members, all on this machine; needs etcd.")
    var standby = false

    func run() async throws {
        let starts = try (start.isEmpty ? ["cold", "warm"] : start).map { name in
            guard let start = BenchFigures.Start(rawValue: name) else {
                throw Failure("--start: should be new, cold, resumed or warm (got \"\(name)\")", code: 2)
            }
            return start
        }
        let counts = bmcs.isEmpty ? [1000] : bmcs
        guard counts.allSatisfy({ (1...50_000).contains($0) }) else {
            throw Failure("--bmcs: should be 1 to 50000", code: 2)
        }
        guard (0...60_000).contains(handshake) else { throw Failure("--handshake: should be 0 to 60000", code: 2) }
        guard (1...3600).contains(meterEvery) else { throw Failure("--meter-every: should be 1 to 3600", code: 2) }
        guard repeats >= 1 else { throw Failure("--repeats: should be at least 1", code: 2) }
        var all: [BenchFigures] = []
        for line in BenchFigures.heading { print(line) }
        for count in counts {
            // A process may have so many descriptors; each BMC takes two, one to listen.
            let stage = try await BenchStage(
                count: count, fleetProcesses: 1 + count / 6000, keptConnections: keptConnections,
                meterEvery: meterEvery)
            if standby { try stage.etcd.start() }
            let outcome = await Interruption.orResult { try await measureAll(stage, starts) }
            await stage.tearDown()
            guard let outcome else { throw Failure("interrupted; everything was cleaned up", code: 130) }
            all += try outcome.get()
        }
        if let json {
            try Data(JSONValue.array(all.map(\.json)).text.utf8).write(to: URL(fileURLWithPath: json))
        }
    }

    private func measureAll(_ stage: BenchStage, _ starts: [BenchFigures.Start]) async throws -> [BenchFigures] {
        var all: [BenchFigures] = []
        for latency in latency.isEmpty ? [BenchLatency()] : latency {
            for hung in hung.isEmpty ? [0] : hung {
                for start in starts {
                    let alone = try await measure(stage, latency, hung, start)
                    print(alone.row)
                    fflush(nil)
                    all.append(alone)
                    guard standby else { continue }
                    let shared = try await measure(stage, latency, hung, start, hasStandby: true)
                    print(shared.row)
                    print(shared.comparison(with: alone))
                    fflush(nil)
                    all.append(shared)
                }
            }
        }
        return all
    }

    private func measure(
        _ stage: BenchStage, _ latency: BenchLatency, _ hung: Int, _ start: BenchFigures.Start,
        hasStandby: Bool = false
    ) async throws -> BenchFigures {
        var runs: [BenchFigures] = []
        for _ in 0..<repeats {
            try await stage.fleet.set(latency: latency)
            try await stage.fleet.set(handshakeMilliseconds: handshake)
            var curls: [(seconds: Double, cpu: Double)] = []
            for work in noCurl ? [] : [CurlRun.Work.onePatch, .threeRequests] {
                curls.append(try await stage.curl.run(work))
                try await stage.fleet.restore()
            }
            var figures = try await BenchRun(
                stage: stage, latency: latency, hungPercent: hung, start: start, hasStandby: hasStandby
            ).run()
            figures.curlOnePatch = curls.first
            figures.curlThree = curls.last
            figures.handshakeMilliseconds = handshake
            runs.append(figures)
        }
        return runs.sorted { $0.readBacks.all < $1.readBacks.all }[runs.count / 2]
    }
}
