import Foundation
import StrictJSON
import Testing

@testable import Inventory

/// The manual page and the schema of inventories have every key that is read, and no other.
struct InventoryManualTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    @Test func theSchemaHasEveryKey() throws {
        let data = try Data(contentsOf: Self.root.appendingPathComponent("inventory/site.schema.json"))
        let schema = try JSONValue(parsing: Array(data))
        let definitions = try #require(schema["$defs"])
        let whole = try #require(schema["properties"])
        let places: [(JSONValue?, [String])] = [
            (schema, InventoryKeys.sections),
            (whole["credentials"]?["additionalProperties"], InventoryKeys.credential),
            (whole["defaults"], InventoryKeys.defaults),
            (whole["defaults"]?["properties"]?["bmc"], InventoryKeys.bmcDefaults),
            (whole["chassis"]?["items"], InventoryKeys.chassis), (whole["nodes"]?["items"], InventoryKeys.node),
            (whole["groups"]?["items"], InventoryKeys.group), (definitions["gpus"], InventoryKeys.gpus),
            (definitions["bmc"]?["oneOf"]?.array?.last, InventoryKeys.bmc), (definitions["tls"], InventoryKeys.tls),
            (definitions["redfish"], InventoryKeys.redfish),
        ]
        for (place, keys) in places {
            let properties = try #require(place?["properties"]?.object, "\(keys)")
            #expect(properties.map(\.key).sorted() == keys.sorted())
            #expect(place?["additionalProperties"] == false)
        }
    }

    @Test func theManualHasEveryKey() throws {
        let page = try String(
            contentsOf: Self.root.appendingPathComponent("deploy/man/ima-site.yaml.5.in"), encoding: .utf8)
        let told = Set(page.matches(of: /\n\.TP\n\.B ([A-Za-z_.]+)\n/).map { String($0.1) })
        func under(_ section: String, _ keys: [String]) -> [String] { keys.map { "\(section).\($0)" } }
        let own = InventoryKeys.node.filter { !InventoryKeys.rules.contains($0) && $0 != "id" && $0 != "bmc" }
        let keys =
            InventoryKeys.sections.filter { $0 != "defaults" } + under("credentials.NAME", InventoryKeys.credential)
            + under("defaults", InventoryKeys.defaults) + under("defaults.bmc", InventoryKeys.bmcDefaults)
            + under("tls", InventoryKeys.tls) + under("bmc", InventoryKeys.bmc) + ["id", "bmc", "gpus.processor"]
            + under("nodes", own) + InventoryKeys.rules.filter { $0 != "redfish" }
            + under("redfish", InventoryKeys.redfish) + under("groups", InventoryKeys.group)
        #expect(told.symmetricDifference(keys).sorted() == [])
    }
}
