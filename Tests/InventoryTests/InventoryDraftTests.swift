import Inventory
import Settings
import Site
import Testing

struct InventoryDraftTests {
    private static func draft(_ machine: InventoryDraft.Machine) throws -> String {
        let address = try #require(BMC.Address("https://10.0.0.1"))
        var draft = InventoryDraft(username: "ima", passwordFile: "secret", trust: .systemAuthorities)
        draft.add(address, machine)
        return draft.yaml
    }

    /// By the numbers of their Ids, in whatever order they came; and what shares a control is said.
    @Test func gpusAreNamedByTheirIds() throws {
        let yaml = try Self.draft(
            .init(nodes: [
                .init(
                    name: "n", id: "Node0", comment: "", system: nil,
                    gpus: ["GPU6", "GPU0", "GPU1"].map {
                        .init(processor: $0, control: $0 == "GPU6" ? nil : "/accelerator0")
                    }, control: "/node")
            ]))
        #expect(yaml.contains(#"{ id: "n-gpu6", processor: "GPU6" }  # no power limit now"#), "\(yaml)")
        #expect(yaml.contains(#"{ id: "n-gpu0", processor: "GPU0" }"#))
        #expect(yaml.contains("# https://10.0.0.1: n-gpu0, n-gpu1 share one control, /accelerator0"))
    }

    @Test func nodesOfOneBMCAreNamedByTheirSystems() throws {
        let nodes = ["Server2", "Server1"].map { id in
            InventoryDraft.Node(
                name: nil, id: id, comment: "", system: id, gpus: [.init(processor: "GPU_\(id)", system: id)])
        }
        let yaml = try Self.draft(.init(nodes: nodes, chassis: [.init(id: "CMC", control: "/all")]))
        #expect(yaml.contains(#"- id: "bmc-10-0-0-1-Server2""#), "\(yaml)")
        #expect(yaml.contains(#"- id: "bmc-10-0-0-1-Server1""#))
        #expect(yaml.contains(#"processor: "GPU_Server1", redfish: { system: "Server1" } }"#))
        #expect(yaml.contains(#"- { id: "bmc-10-0-0-1-CMC", bmc: "https://10.0.0.1", redfish: { chassis: "CMC" } }"#))
    }

    /// A draft is read whatever a BMC calls its parts.
    @Test func whatABMCTellsDoesNotSpoilTheDraft() throws {
        let strange = "\u{7F}\u{9F}\u{FFFE}\u{FEFF}"
        let yaml = try Self.draft(
            .init(
                nodes: [
                    .init(
                        name: "n", id: "1", comment: "model \(strange)", system: "s\(strange)",
                        gpus: [.init(processor: "g\(strange)")])
                ], remarks: ["remark \(strange)"]))
        let problems = ProblemCollector()
        let file = SettingsFile.parse(yaml, file: "draft", environment: [:], problems: problems)
        #expect(file != nil && problems.all.isEmpty, "\(problems.all)")
        #expect(yaml.contains(#"system: "s\x7f\x9f\ufffe\ufeff""#), "\(yaml)")
    }
}
