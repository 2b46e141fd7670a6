import PowerEvents
import Site
import Testing

/// What operators name on the command line means what it says, or is refused as a whole.
struct ResourceSelectionTests {
    static let site: Site = {
        func bmc(_ number: Int) -> BMC? {
            BMC.Address("https://10.20.7.\(10 + number)").map {
                BMC(address: $0, credentials: "bmc", trust: .systemAuthorities)
            }
        }
        var resources = [
            Resource(id: "rack-a07", type: .chassis, feeds: ["main-a"]), Resource(id: "rack-empty", type: .chassis),
        ]
        for number in 1...3 {
            let id = "dgx-a07-0\(number)"
            resources.append(
                Resource(
                    id: id, type: .node, aliases: ["host\(number)"], bmc: bmc(number), parent: "rack-a07",
                    feeds: number == 3 ? ["main-b"] : ["main-a"]))
            for gpu in 0..<2 {
                resources.append(
                    Resource(
                        id: "\(id)-gpu\(gpu)", type: .gpu, bmc: bmc(number), parent: id,
                        feeds: number == 3 ? ["main-b"] : ["main-a"]))
            }
        }
        resources.append(Resource(id: "login", type: .node, bmc: bmc(9)))
        return Site(
            resources: resources,
            groups: [
                Group(id: "tenant", members: ["dgx-a07-03", "inner"]), Group(id: "inner", members: ["login"]),
                Group(id: "main-b", members: ["login"]),
            ])
    }()

    private static let first = ["dgx-a07-01", "dgx-a07-01-gpu0", "dgx-a07-01-gpu1"]
    private static let second = ["dgx-a07-02", "dgx-a07-02-gpu0", "dgx-a07-02-gpu1"]
    private static let third = ["dgx-a07-03", "dgx-a07-03-gpu0", "dgx-a07-03-gpu1"]

    @Test(arguments: [
        (["dgx-a07-01"], first), (["host2"], second), (["dgx-a07-[01-02]"], first + second),
        (["dgx-a07-02", "dgx-a07-[01-02]"], first + second), (["dgx-a07-[01,03]-gpu1"], [first[2], third[2]]),
        (["rack-a07"], ["rack-a07"] + first + second + third), (["rack-empty"], ["rack-empty"]),
        (["tenant"], third + ["login"]), (["main-a"], ["rack-a07"] + first + second),
        // A group of a feed's name comes before the feed, which --feed means.
        (["main-b"], ["login"]), (["https://10.20.7.12"], second), (["https://10.20.7.[11-12]:443/"], first + second),
        ([], []),
    ])
    func namesAreResolved(names: [String], ids: [String]) throws {
        let resolved = try ResourceSelection(names: names).resolve(in: Self.site)
        #expect(resolved.all.map(\.id) == ids)
        #expect(resolved.ids == Set(ids))
    }

    @Test func feedsAndBMCsAreResolved() throws {
        let feed = try ResourceSelection(feeds: ["main-b"]).resolve(in: Self.site)
        #expect(feed.all.map(\.id) == Self.third)
        let bmc = try ResourceSelection(bmcs: ["10.20.7.13", "https://10.20.7.19"]).resolve(in: Self.site)
        #expect(bmc.all.map(\.id) == Self.third + ["login"])
    }

    @Test func whatWasNamedIsTold() throws {
        let resolved = try ResourceSelection(names: ["host1", "tenant"]).resolve(in: Self.site)
        #expect(resolved.named.map(\.id) == ["dgx-a07-01", "dgx-a07-03", "login"])
        #expect(resolved.groups.map(\.id) == ["tenant"])
    }

    /// All of it, folded; and nothing is selected.
    @Test func allThatIsUnknownIsToldAtOnce() {
        let selection = ResourceSelection(
            names: ["dgx-a07-[01-05]", "DGX-A07-01", "n[3-1]", "", "https://10.20.7.99"], feeds: ["main-c"],
            bmcs: ["10.20.7.77", "no address"])
        do {
            _ = try selection.resolve(in: Self.site)
            Issue.record("nothing was thrown")
        } catch {
            #expect(error.names == ["dgx-a07-04", "dgx-a07-05", "DGX-A07-01", "", "https://10.20.7.99"])
            #expect(
                error.description == """
                    "n[3-1]": [3-1] runs backwards; the inventory has no "dgx-a07-[04-05]", "DGX-A07-01", "", \
                    "https://10.20.7.99"; the inventory has no feed "main-c"; \
                    the inventory has no BMC "10.20.7.77", "no address"
                    """)
        }
    }

    @Test func nothingNamedIsNothingSelected() throws {
        #expect(ResourceSelection().isEmpty)
        #expect(try ResourceSelection().resolve(in: Self.site).all.isEmpty)
        #expect(!ResourceSelection(names: [""]).isEmpty)
    }
}
