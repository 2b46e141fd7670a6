import Inventory
import Settings
import Site
import Testing

/// What files of one inventory say of one name.
struct SeveralFilesTests {
    private func load(_ files: String...) throws -> (Site, [Problem]) {
        let collector = ProblemCollector(checksFiles: false)
        var reader = SiteReader(problems: collector, checksFiles: false)
        for (index, text) in files.enumerated() {
            let file = SettingsFile.parse(
                text, file: "/etc/ima/site-\(index).yaml", environment: ["A": "s", "B": "s", "C": "t"],
                problems: collector)
            reader.read(try #require(file))
        }
        return (reader.finish(), collector.all)
    }

    private static func file(_ login: String, _ nodes: String) -> String {
        """
        credentials:
          bmc: \(login)
        defaults: { bmc: { credentials: bmc } }
        nodes: [\(nodes)]
        """
    }

    private static let first = file("{ username: ima, password_file: a }", "{ id: a, bmc: https://10.0.0.1 }")

    /// Were the last to win, a password would go to BMCs that it was never meant for.
    @Test(arguments: [
        "{ username: ima, password_file: b }", "{ username: root, password_file: a }",
        "{ username: ima, password: \"${A}\" }",
    ])
    func oneNameOfTwoLoginsNamesBothPlaces(login: String) throws {
        let (_, problems) = try load(Self.first, Self.file(login, "{ id: b, bmc: https://10.0.0.2 }"))
        #expect(
            problems.map(\.description) == [
                "/etc/ima/site-1.yaml:2: credentials.bmc: the login \"bmc\" is another one at /etc/ima/site-0.yaml:2; "
                    + "give each a name of its own"
            ])
    }

    /// So that each file can be used alone, and the drafts of one login together.
    @Test func theVerySameLoginMayStandInEveryFile() throws {
        let (site, problems) = try load(
            Self.first,
            Self.file("{ username: ima, password_file: ./a }", "{ id: b, bmc: https://10.0.0.2 }"))
        #expect(problems.isEmpty, "\(problems)")
        #expect(site.credentials == ["bmc": CredentialReference(username: "ima", secret: .file("/etc/ima/a"))])
        let ofEnvironment = try load(
            Self.file("{ username: ima, password: \"${A}\" }", "{ id: a, bmc: https://10.0.0.1 }"),
            Self.file("{ username: ima, password: \"${B}\" }", "{ id: b, bmc: https://10.0.0.2 }"))
        #expect(ofEnvironment.1.isEmpty)
        let ofTwo = try load(
            Self.file("{ username: ima, password: \"${A}\" }", "{ id: a, bmc: https://10.0.0.1 }"),
            Self.file("{ username: ima, password: \"${C}\" }", "{ id: b, bmc: https://10.0.0.2 }"))
        #expect(ofTwo.1.map(\.key) == ["credentials.bmc"])
    }

    @Test func aLoginOfOneFileServesAnother() throws {
        let (_, problems) = try load(
            "defaults: { bmc: { credentials: bmc } }\nnodes: [{ id: b, bmc: https://10.0.0.2 }]", Self.first)
        #expect(problems.isEmpty, "\(problems)")
    }

    @Test func twoDraftsOfDifferentLoginsAreRefused() throws {
        func draft(_ secret: String, _ url: String) throws -> String {
            var draft = InventoryDraft(username: "ima", passwordFile: secret, trust: .systemAuthorities)
            draft.add(try #require(BMC.Address(url)), .init(nodes: [.init(name: nil, comment: "", system: nil)]))
            return draft.yaml
        }
        let one = try draft("/secrets/one", "https://10.0.0.1")
        #expect(try load(one, draft("/secrets/one", "https://10.0.0.2")).1.isEmpty)
        #expect(try load(one, draft("/secrets/two", "https://10.0.0.2")).1.map(\.key) == ["credentials.bmc"])
    }

    @Test(arguments: [
        "{ id: b, bmc: https://10.0.0.2, protected: }", "{ id: b, bmc: https://10.0.0.2, allow: }",
        "{ id: b, bmc: https://10.0.0.2, floor: ~ }", "{ id: b, bmc: https://10.0.0.2, feeds: null }",
    ])
    func aRuleWithoutAValueOpensNothing(node: String) throws {
        let (_, problems) = try load(Self.file("{ username: ima, password_file: a }", node))
        #expect(problems.count == 1 && problems.first?.message.hasPrefix("has no value") == true, "\(problems)")
        #expect(problems.first?.key.hasPrefix("nodes[0].") == true && problems.first?.line == 4)
    }

    @Test func aSectionOfWhichAllIsCommentedOutIsNamed() throws {
        let (_, problems) = try load(Self.first + "\ngroups:\n  # - { id: g, members: [a] }\n")
        #expect(problems.map(\.key) == ["groups"] && problems.map(\.line) == [5])
    }
}
