import Agent
import ArgumentParser
import CommandLineTool
import Foundation
import Logging
import Settings
import StrictJSON

struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Says for each hint of an alert what would be done and why. Touches nothing.")

    @OptionGroup var options: ConfigOption

    @Flag(name: .long, help: "Print JSON.")
    var json = false

    @Option(
        name: .long, help: "An inventory to plan with, by default rules, instead of a configuration; may be repeated.")
    var inventory: [String] = []

    @Argument(help: "A file with the alert, a payload or a whole event; - reads standard input.")
    var alert: String

    func run() async throws {
        let configuration = try load()
        let input: Data?
        if alert == "-" {
            input = FileHandle.standardInput.readDataToEndOfFile()
        } else {
            input = FileManager.default.contents(atPath: alert)
        }
        guard let input else { throw Failure("\(alert): the alert cannot be read", code: 2) }
        do {
            let plan = try AlertPlan(
                [UInt8](input), configuration: configuration,
                logger: Logger(label: "ima") { _ in SwiftLogNoOpLogHandler() })
            let known = await askAgent([UInt8](input), configuration)
            if let known {
                print(json ? known.json.text : known.lines.joined(separator: "\n"))
            } else {
                print(json ? plan.json.text : plan.lines.joined(separator: "\n"))
            }
            if let objection = plan.objection ?? known?.objection {
                throw Failure("\(alert): the agent would refuse it: \(objection)")
            }
        } catch let error as AlertPlan.UnusableAlert {
            throw Failure(
                error.description.split(separator: "\n").map { "\(alert): \($0)" }.joined(separator: "\n"), code: 2)
        } catch let failure as Failure {
            throw failure
        } catch {
            // A key file that cannot be read, which it names.
            throw Failure("\(error)", code: 2)
        }
    }

    /// A running agent knows what machines draw and which limits they have; nil where none answers.
    private func askAgent(
        _ input: [UInt8], _ configuration: AgentConfiguration
    ) async -> (json: JSONValue, lines: [String], objection: String?)? {
        guard inventory.isEmpty, let socket = configuration.control?.path,
            let payload = try? AlertPlan.payload(of: input, limits: configuration.limits.json),
            let answer = try? await ControlClient.ask(
                Self.path(AlertPlan.source(of: input, limits: configuration.limits.json)), sending: payload.bytes,
                to: socket),
            var object = answer.object
        else { return nil }
        let lines = object["lines"]?.array?.compactMap(\.string) ?? []
        object["lines"] = nil
        let objection = object["objection"]?.string
        object["objection"] = nil
        return (.object(object), lines, objection)
    }

    private static func path(_ source: String?) -> String {
        source.map { "/plan?source=\(ControlClient.escape($0))" } ?? "/plan"
    }

    /// Keys and secrets need not be there: nobody is spoken to.
    private func load() throws -> AgentConfiguration {
        if inventory.isEmpty { return try options.load(checksFiles: false) }
        do {
            return try PlanningConfiguration.load(
                inventories: inventory, environment: ProcessInfo.processInfo.environment)
        } catch let problems as Problems {
            throw Failure(problems.description)
        }
    }
}
