import Inventory
import PowerEvents
import Settings
import Site
import StrictJSON
import Testing

struct DPSTopologyTests {
    private let text = #"""
        {"Topology": {"Name": "site", "Entities": [
            {"Name": "domain-a", "FeedTag": "main-a", "Children": ["rack-1", "n3"]},
            {"Name": "rack-1", "Children": ["n1", "n2"]}, {"Name": "n1"}, {"Name": "n2"}, {"Name": "n3"}]},
         "Entities": [
            {"Type": "PowerDomain", "Name": "domain-a", "OperatingLimit": {"PowerFactor": 0.95}},
            {"Type": "ComputerSystem", "Model": "DGX_B200", "Name": "n1",
             "Redfish": {"SecretName": "dgx", "URL": "https://192.0.2.101"}, "Policy": "p"},
            {"Type": "ComputerSystem", "Name": "n2", "Redfish": {"TargetIP": "192.0.2.102"}},
            {"Type": "ComputerSystem", "Name": "n3", "Redfish": {"URL": "https://192.0.2.103:8443"}},
            {"Type": "ComputerSystem", "Name": "n4"}]}
        """#

    private func topology(_ text: String) throws -> DPSTopology {
        try DPSTopology(json: JSONValue(parsing: Array(text.utf8)))
    }

    @Test func itsDraftIsAnInventory() throws {
        let draft = try topology(text).yaml
        let problems = ProblemCollector()
        var reader = SiteReader(problems: problems, checksFiles: false)
        reader.read(try #require(SettingsFile.parse(draft, file: "draft", environment: [:], problems: problems)))
        let site = reader.finish()
        #expect(problems.all.isEmpty, "\(problems.all)\n\(draft)")
        #expect(site.order == ["domain-a", "rack-1", "n1", "n2", "n3"])
        #expect(site.resources["n1"]?.bmc?.address.description == "https://192.0.2.101")
        #expect(site.resources["n1"]?.bmc?.credentials == "dgx")
        #expect(site.resources["n2"]?.bmc?.address.description == "https://192.0.2.102")
        #expect(site.resources["n2"]?.bmc?.credentials == "bmc")
        #expect(site.resources["n1"]?.parent == "rack-1")
        // A rack has the feed of the domain that feeds it.
        #expect(["n1", "n2", "n3"].allSatisfy { site.resources[$0]?.feeds == ["main-a"] })
        #expect(draft.contains("# n4 is left out: it has no Redfish.URL"))
        #expect(draft.contains("# DGX_B200"))
    }

    /// No key of it is without a value, which would be a mistake.
    @Test func theDraftOfNoMachinesIsAnInventory() throws {
        let draft = try topology(#"{"Topology":{"Name":"none","Entities":[]},"Entities":[]}"#).yaml
        let problems = ProblemCollector()
        var reader = SiteReader(problems: problems, checksFiles: false)
        reader.read(try #require(SettingsFile.parse(draft, file: "draft", environment: [:], problems: problems)))
        #expect(reader.finish().order.isEmpty && problems.all.isEmpty, "\(problems.all)\n\(draft)")
    }

    /// What hints that name feeds need is there, and is the operator's to take up.
    @Test func feedsAreGroupsThatOneCanTakeUp() throws {
        let draft = try topology(text).yaml
        #expect(draft.contains(#"#   - { id: "main-a", members: ["domain-a", "rack-1"] }"#))
        let problems = ProblemCollector()
        var reader = SiteReader(problems: problems, checksFiles: false)
        let takenUp = draft.replacing("# groups:", with: "groups:").replacing("#   - {", with: "  - {")
        reader.read(try #require(SettingsFile.parse(takenUp, file: "draft", environment: [:], problems: problems)))
        let site = reader.finish()
        #expect(problems.all.isEmpty, "\(problems.all)\n\(takenUp)")
        #expect(site.groups["main-a"].map { site.members(of: $0).map(\.id) } == ["domain-a", "rack-1"])
    }

    @Test func whatIsNoTopologyIsNamed() {
        let cases = [
            ("{}", "$.Topology is missing"), ("[]", "$.Topology is missing"),
            (#"{"Topology": {}}"#, "should be arrays"),
            (#"{"Topology": {"Entities": [{}]}, "Entities": []}"#, "$.Topology.Entities[0].Name is missing"),
            (#"{"Topology": {"Entities": [{"Name": "a"}, {"Name": "a"}]}, "Entities": []}"#, "occurs twice"),
            (
                #"{"Topology": {"Entities": [{"Name": "a", "Children": ["c"]}, {"Name": "b", "Children": ["c"]}]}, "Entities": []}"#,
                "has two parents"
            ),
            (
                #"{"Topology": {"Entities": []}, "Entities": [{"Type": "ComputerSystem", "Name": "a b"}]}"#,
                "$.Entities[0].Name"
            ),
        ]
        for (text, words) in cases {
            let error = #expect(throws: DPSTopology.Unusable.self) { try topology(text) }
            #expect(error?.description.contains(words) == true, "\(text): \(error?.description ?? "")")
        }
    }

    @Test func namesStayTextAndLoopsEnd() throws {
        let looped = #"""
            {"Topology": {"Name": "x\n- evil", "Entities": [
                {"Name": "a", "Children": ["b"]}, {"Name": "b", "Children": ["a", "n"]}]},
             "Entities": [{"Type": "ComputerSystem", "Name": "n", "Model": "m\nnodes: []",
                "Redfish": {"URL": "https://192.0.2.1", "SecretName": "a: b, ${HOME} \"#"}}]}
            """#
        let draft = try topology(looped).yaml
        let problems = ProblemCollector()
        var reader = SiteReader(problems: problems, checksFiles: false)
        reader.read(try #require(SettingsFile.parse(draft, file: "draft", environment: [:], problems: problems)))
        let site = reader.finish()
        #expect(site.order == ["b", "n"], "\(problems.all)\n\(draft)")
        #expect(site.resources["b"]?.feeds == nil)
    }

    /// What no YAML file may have, wherever it stands: a draft with one could not be read at all.
    @Test(arguments: [0x00, 0x1B, 0x7F, 0x85, 0x9F, 0x2028, 0xFEFF, 0xFFFE, 0xFFFF] as [UInt32])
    func charactersThatNoFileMayHaveDoNotSpoilTheDraft(_ value: UInt32) throws {
        let code = String(value, radix: 16)
        let escape = "\\u" + String(repeating: "0", count: 4 - code.count) + code
        let strange = #"""
            {"Topology": {"Name": "s*", "Entities": [{"Name": "d*", "FeedTag": "f*", "Children": ["n*"]}]},
             "Entities": [
                {"Type": "ComputerSystem", "Name": "n*", "Model": "m*",
                 "Redfish": {"URL": "https://192.0.2.1", "SecretName": "c*"}},
                {"Type": "ComputerSystem", "Name": "m*", "Model": "m*"}]}
            """#
        // White space is no part of a name: such a topology is refused as a whole.
        guard let topology = try? topology(strange.replacing("*", with: escape)) else { return }
        let problems = ProblemCollector()
        var reader = SiteReader(problems: problems, checksFiles: false)
        reader.read(
            try #require(
                SettingsFile.parse(topology.yaml, file: "draft", environment: [:], problems: problems),
                "\(problems.all)"))
        let name = try String(#require(Unicode.Scalar(value)))
        #expect(reader.finish().order == ["d\(name)", "n\(name)"], "\(problems.all)\n\(topology.yaml)")
    }
}
