import Agent
import ArgumentParser
import CommandLineTool
import Foundation
import Logging
import StrictJSON

struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Says for each hint of an alert what would be done and why. Touches nothing.")

    @OptionGroup var options: ConfigOption

    @Flag(name: .long, help: "Print JSON.")
    var json = false

    @Argument(help: "A file with the alert, a payload or a whole event; - reads standard input.")
    var alert: String

    func run() throws {
        let configuration = try options.load()
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
            print(json ? plan.json.text : plan.lines.joined(separator: "\n"))
            if let objection = plan.objection { throw Failure("\(alert): the agent would refuse it: \(objection)") }
        } catch let error as AlertPlan.UnusableAlert {
            throw Failure("\(alert): \(error)", code: 2)
        }
    }
}
