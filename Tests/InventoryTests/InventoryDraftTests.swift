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

    /// An inventory reads `GPU[0-7]` as eight, and `${NAME}` from the environment.
    @Test func namesThatAnInventoryWouldExpandAreComments() throws {
        let strange = ["GPU[0-7]", "${BMC_PASSWORD}", "{node}", "", "a b", String(repeating: "x", count: 5000)]
        let machine = InventoryDraft.Machine(
            nodes: [.init(name: "${BMC_PASSWORD}", id: "1", comment: "${BMC_PASSWORD}", system: "1")]
                + strange.map { .init(name: "bad", id: $0, comment: "", system: $0, gpus: [.init(processor: "G1")]) }
                + [
                    .init(
                        name: "n", id: "2", comment: "", system: "2",
                        gpus: strange.map { .init(processor: $0) } + [.init(processor: "GPU_1")]),
                    .init(name: "m", id: "3", comment: "", system: "3", gpus: [.init(processor: "[1-2]")]),
                ], chassis: strange.map { .init(id: $0, control: "/c") })
        let yaml = try Self.draft(machine)
        let problems = ProblemCollector()
        let file = SettingsFile.parse(
            yaml, file: "draft", environment: ["BMC_PASSWORD": "secret-word"], problems: problems)
        #expect(file != nil && problems.all.isEmpty, "\(problems.all) \(yaml)")
        #expect(yaml.contains(#"processor: "GPU_1" }"#) && yaml.contains(#"  #       - { id: "#))
        #expect(yaml.contains("is a comment: the BMC calls it \"GPU[0-7]\""), "\(yaml)")
        let live = yaml.split(separator: "\n").map { $0.split(separator: "#", omittingEmptySubsequences: false)[0] }
        #expect(!live.contains { line in ["${", "GPU[", "{node}", "\"\""].contains { line.contains($0) } }, "\(live)")
        // Nothing but comments is an empty list.
        let bare = try Self.draft(.init(nodes: [.init(name: "x", id: "", comment: "", system: "")]))
        #expect(bare.contains("nodes: []"))
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
