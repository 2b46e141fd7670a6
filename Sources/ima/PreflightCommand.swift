import Agent
import ArgumentParser
import CommandLineTool
import Foundation
import PowerEvents
import Shedding
import Site
import StrictJSON

struct PreflightCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "preflight",
        abstract: "Probes every BMC, reading only: what an enforcement would meet.",
        discussion: "Exit code 1 if any resource is not enforceable. Protected resources are not probed.")

    @OptionGroup var options: ConfigOption
    @Flag(name: .long, help: "Print JSON.") var json = false
    @OptionGroup var selection: SelectionArguments

    func run() async throws {
        ProcessLimits.prepare()
        let configuration = try options.load()
        let selected = try selection.resolve(in: configuration.site)
        if let selected, !selected.all.contains(where: { $0.bmc != nil && !$0.isProtected }) {
            let names = HostRange.list(selected.named.map(\.id))
            throw Failure("nothing of \(names) can be probed: it has no BMC, or is protected")
        }
        let names = selected?.ids
        let watch = PreflightWatch(printsFailures: !json)
        let results = await Preflight(configuration).run(names) { watch.take($0, $1, of: $2) }
        watch.end()
        if json {
            print(Preflight.json(results).text)
        } else {
            for result in results where result.isEnforceable { Self.describe(result) }
            Self.describeFailures(results.filter { !$0.isEnforceable })
            print("\(results.count(where: \.isEnforceable)) of \(results.count) resources are enforceable")
        }
        if results.contains(where: { !$0.isEnforceable }) { throw ExitCode(1) }
    }

    /// Last, where whoever waits for it looks; those of one cause together.
    private static func describeFailures(_ failures: [Assessment]) {
        var groups: [String: [Assessment]] = [:]
        var order: [String] = []
        for failure in failures {
            let cause = self.cause(failure)
            if groups[cause] == nil { order.append(cause) }
            groups[cause, default: []].append(failure)
        }
        for cause in order {
            guard let members = groups[cause] else { continue }
            if members.count == 1 {
                describe(members[0])
                continue
            }
            let bmcs = Set(members.compactMap { $0.bmc?.address }).sorted().map(\.hostAndPort)
            print("NO  \(NameList.text(members.map(\.resource)))")
            print("      \(cause)")
            print("      \(members.count) resources on \(bmcs.count) BMCs: \(NameList.text(bmcs))")
        }
    }

    /// Why it is not enforceable, in words that are the same for the same.
    static func cause(_ result: Assessment) -> String {
        "\(state(result)): \(result.objection)"
    }

    private static func describe(_ result: Assessment) {
        var line = "\(result.isEnforceable ? "ok  " : "NO  ")\(result.resource)"
        if let model = result.model { line += "  \(model)" }
        if let control = result.control {
            line += "  \(control.uri) (\(control.why))"
            line += "  \(result.value?.description ?? "unknown"), \(range(result))"
        }
        if let time = result.roundTrip { line += "  \(Int(time / .milliseconds(1))) ms" }
        print(line)
        if let path = result.capPath, result.type == .node || result.control == nil {
            print("      cap: \(path)\(rest(result))")
        }
        if let measured = measured(result) { print("      \(measured)") }
        for objection in result.objections { print("      \(state(result)): \(objection)") }
        for remark in result.remarks { print("      note: \(remark)") }
    }

    /// What is taken off before a budget is one of the GPUs.
    private static func rest(_ result: Assessment) -> String {
        switch result.capPath {
        case .gpuTotal?, .gpus?: ", after a rest of \(result.restTaken?.description ?? "unknown power")"
        case .own?, .nodeManager?, .nothing?, nil: ""
        }
    }

    private static func measured(_ result: Assessment) -> String? {
        if let draw = result.draw {
            let rest = result.rest.map { ", of which \($0) beside its GPUs" } ?? ""
            return "draws: \(draw)\(rest)"
        }
        return result.notMeasured.map { "not measured: \($0)" }
    }

    /// How far it came.
    private static func state(_ result: Assessment) -> String {
        if result.isReachable == false { return "not reachable" }
        if result.isTrusted == false { return "not trusted" }
        if result.isLoggedIn == false { return "not logged in" }
        return "logged in"
    }

    private static func range(_ result: Assessment) -> String {
        switch (result.range.minimum, result.range.maximum) {
        case (let low?, let high?): "\(low) to \(high)"
        case (let low?, nil): "from \(low)"
        case (nil, let high?): "up to \(high)"
        case (nil, nil): "range unknown"
        }
    }
}
