import Foundation
import StrictJSON
import Testing

@testable import Agent

/// The manual page and the schema of `ima.yaml` have every key that the agent reads, and no other.
struct ManualTests {
    private static let deploy = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("deploy")
    private static let keys = Set(ConfigurationKey.all.map(\.path))

    @Test func theManualHasEveryKey() throws {
        let page = try String(contentsOf: Self.deploy.appendingPathComponent("man/ima.yaml.5.in"), encoding: .utf8)
        let told = page.matches(of: /\n\.TP\n\.BR ([a-z0-9_.]+) "/).map { String($0.1) }
        #expect(Set(told).count == told.count, "each once")
        #expect(Self.keys.subtracting(told).sorted() == [])
        #expect(Set(told).subtracting(Self.keys).subtracting(ConfigurationReader.sections).sorted() == [])
    }

    @Test func theManualTellsWhatNeedsARestart() throws {
        let page = try String(contentsOf: Self.deploy.appendingPathComponent("man/ima.yaml.5.in"), encoding: .utf8)
        for key in ConfigurationKey.all {
            let line = try #require(
                page.split(separator: "\n").first { $0.hasPrefix(".BR \(key.path) \"") }, "\(key.path)")
            #expect(line.hasSuffix("restart)\"") == (key.effect == .restart), "\(key.path)")
        }
    }

    @Test func theSchemaHasEveryKey() throws {
        let data = try Data(contentsOf: Self.deploy.appendingPathComponent("ima.schema.json"))
        let schema = try JSONValue(parsing: Array(data))
        #expect(Set(leaves(of: schema, under: "")).symmetricDifference(Self.keys).sorted() == [])
    }

    /// The paths of the properties that have none of their own.
    private func leaves(of schema: JSONValue, under path: String) -> [String] {
        let choices = schema["oneOf"]?.array ?? []
        let places = [schema, schema["items"] ?? .null] + choices
        guard let properties = places.compactMap({ $0["properties"]?.object }).first else { return [path] }
        return properties.flatMap { leaves(of: $0.value, under: path.isEmpty ? $0.key : "\(path).\($0.key)") }
    }
}
