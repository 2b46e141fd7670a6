import Foundation
import Settings
import Shedding

/// A configuration for planning only, of inventories alone: everything else as it is by default, no source trusted.
public enum PlanningConfiguration {
    /// - Throws: `Problems` with all mistakes of the inventories
    public static func load(inventories: [String], environment: [String: String]) throws -> AgentConfiguration {
        let problems = ProblemCollector(checksFiles: false)
        let paths = inventories.map { URL(fileURLWithPath: $0).standardizedFileURL.path }
        let list = paths.map { "\"\($0.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\"" }
        let text = """
            agent: { id: ima }
            broker: { url: "mqtt://127.0.0.1:1883" }
            trust: [{ source: //grid/v1/poweragent/none, jwks: none }]
            signing: { key: none, kid: none }
            inventory: [\(list.joined(separator: ", "))]
            journal: none
            """
        var configuration = try ConfigurationReader.read(
            text: text, file: "--inventory", environment: environment, problems: problems)
        configuration.trust = []
        return configuration
    }
}
