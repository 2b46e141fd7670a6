import ArgumentParser
import CommandLineTool
import FleetSimulator
import Foundation
import GridSimulator
import PowerEvents
import StrictJSON
import Synchronization

struct LoopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "loop",
        abstract:
            "Closes the whole loop on this machine: ISV, power agent, ima, fleet and broker; and draws what happened.",
        discussion: "Exit 0 only if the story went as its scenario says and every event keeps to the contract.")

    @Option(name: .long, help: "What happens: a file such as those in deploy/scenarios, else loop.yaml there.")
    var scenario: String?
    @Option(name: .long, help: "A folder for loop.svg, events.jsonl and keys.json; a new temporary one without it.")
    var out: String?
    @Option(name: .long, help: "How many times faster than in the scenario everything goes.") var pace = 1.0
    @Flag(name: .long, help: "Print one JSON object at the end and nothing else.") var json = false

    func run() async throws {
        guard (0.5...10).contains(pace) else { throw Failure("--pace: should be 0.5 to 10 (got \(pace))", code: 2) }
        let story: LoopScenario
        let file = scenario ?? ShippedFile.path("deploy/scenarios/loop.yaml")
        do { story = try LoopScenario.load(file) } catch { throw Failure("\(error)", code: 2) }
        let output = try folder()
        let stage = try LoopStage(scenario: story, output: output, pace: pace)
        let display = LoopDisplay(isQuiet: json)
        display.say(story.title)
        let recorder = Holder()
        let outcome = await Interruption.orResult {
            try await Self.play(stage, display, output, recorder)
        }
        recorder.value?.stop()
        let logs = outcome.map { (try? $0.get()) == nil } ?? false ? stage.children.lastWords(of: "ima") : ""
        await stage.tearDown()
        switch outcome {
        case .success(let complaints)?:
            guard let record = recorder.value else { throw Failure("nothing was recorded") }
            try end(record, stage, output, complaints)
        case .failure(let error)?:
            _ = try? draw(recorder.value?.record, stage, output)
            throw Failure((error as? Failure)?.message ?? "\(error)\n\(logs)", code: (error as? Failure)?.code ?? 1)
        case nil: throw Failure("interrupted; everything was cleaned up", code: 130)
        }
    }

    /// Kept outside of the story, which may end in the middle.
    private final class Holder: Sendable {
        private let recorder = Mutex<LoopRecorder?>(nil)

        var value: LoopRecorder? {
            get { recorder.withLock { $0 } }
            set { recorder.withLock { $0 = newValue } }
        }
    }

    private static func play(
        _ stage: LoopStage, _ display: LoopDisplay, _ output: URL, _ holder: Holder
    ) async throws -> [String] {
        try await stage.startGround()
        let recorder = try LoopRecorder(stage, output: output)
        holder.value = recorder
        recorder.start()
        let limit = ContinuousClock.now + .seconds(20)
        while !recorder.isConnected {
            guard ContinuousClock.now < limit else { throw Failure("the broker cannot be reached") }
            try await Task.sleep(for: .milliseconds(20))
        }
        let sampler = Task {
            var due = ContinuousClock.now
            while !Task.isCancelled {
                recorder.sample(stage.fleet)
                display.show(recorder.record)
                due = max(due + .milliseconds(max(100, Int(500 / stage.pace))), .now)
                try? await Task.sleep(until: due, clock: .continuous)
            }
        }
        defer { sampler.cancel() }
        let story = LoopStory(stage, recorder, display)
        try await story.begin()
        try await story.play()
        // What is on its way still belongs to it.
        try await Task.sleep(for: .milliseconds(500))
        recorder.sample(stage.fleet)
        return complaints(recorder, stage.scenario)
    }

    /// What speaks against the run, though its story came to its end.
    private static func complaints(_ recorder: LoopRecorder, _ scenario: LoopScenario) -> [String] {
        let record = recorder.record
        var complaints: [String] = []
        if record.breaches.count > scenario.maximumBreaches {
            complaints.append("\(record.breaches.count) breaches, where at most \(scenario.maximumBreaches) should be")
        }
        if record.longestGap > 5 { complaints.append("no sample for \(record.longestGap) s") }
        if record.firstTargets.isEmpty == false, record.timeToCompliance == nil {
            complaints.append("not every feed complied with its target")
        }
        let report = recorder.report()
        // The public agent is what it is.
        if scenario.player == .reference, report.violations > 0 { complaints.append(report.text) }
        return complaints
    }

    private func folder() throws -> URL {
        let url =
            out.map { URL(fileURLWithPath: $0) }
            ?? FileManager.default.temporaryDirectory.appendingPathComponent(
                "gridsim-loop-\(UUID().uuidString.prefix(8))")
        do {
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        } catch { throw Failure("\(url.path): the folder cannot be made", code: 2) }
        return url
    }

    @discardableResult
    private func draw(_ record: LoopRecord?, _ stage: LoopStage, _ output: URL) throws -> URL {
        let picture = output.appendingPathComponent("loop.svg")
        guard let record else { return picture }
        try Data(LoopPicture(record, title: stage.scenario.title).svg.utf8).write(to: picture)
        return picture
    }

    private func end(_ recorder: LoopRecorder, _ stage: LoopStage, _ output: URL, _ complaints: [String]) throws {
        let record = recorder.record
        let picture = try draw(record, stage, output)
        if json {
            func number(_ value: Double?) -> JSONValue { value.flatMap(JSONNumber.init).map(JSONValue.number) ?? .null }
            let summary: JSONValue = [
                "broker_port": .number(JSONNumber(stage.brokerPort)),
                "feeds": .array(record.feeds.map(JSONValue.string)), "events": .string(recorder.eventsPath),
                "keys": .string(output.appendingPathComponent("keys.json").path),
                "samples": .array(
                    record.samples.map {
                        [
                            "t": number($0.t), "feed": .string($0.feed), "watts": number($0.watts),
                            "target": number($0.target),
                        ]
                    }),
                "picture": .string(picture.path), "time_to_compliance_s": number(record.timeToCompliance),
                "breaches": .number(JSONNumber(record.breaches.count)),
            ]
            print(summary.text)
        } else {
            if let time = record.timeToCompliance { print("compliant \(time) s after the first load target") }
            for breach in record.breaches {
                let time = record.timeToShed(breach).map { "\($0) s" } ?? "never"
                print("breach \(breach): under its target again \(time) after the alert")
            }
            print(
                "\(record.breaches.count) breaches; \(recorder.report().judged) events judged, "
                    + "\(recorder.report().violations) violations of the contract")
            print("picture: \(picture.path)\nevents: \(recorder.eventsPath)\nkeys: \(output.path)/keys.json")
        }
        fflush(nil)
        if !complaints.isEmpty { throw Failure(complaints.joined(separator: "\n")) }
    }
}
