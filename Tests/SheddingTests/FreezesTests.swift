import PowerEvents
import Site
import Testing

@testable import Shedding

/// Which resources the operators' freezes come to, whatever becomes of the inventory.
struct FreezesTests {
    private static let start = Fixture.start

    static func scope(
        _ names: [String] = [], feeds: [String] = [], bmcs: [String] = [], at site: Site = Fixture.site
    ) -> FreezeScope {
        let selection = ResourceSelection(names: names, feeds: feeds, bmcs: bmcs)
        return FreezeScope(selection, resources: HostRange.fold(selection.known(in: site).resolved.all.map(\.id)))
    }

    private static func freezes(_ scopes: FreezeScope?...) -> Freezes {
        var freezes = Freezes(at: Fixture.site)
        for scope in scopes { _ = freezes.add(Freeze(scope), at: Fixture.site) }
        return freezes
    }

    private static func frozen(_ freezes: Freezes, at site: Site = Fixture.site) -> Set<String> {
        Set(site.order.filter { freezes.contains($0, at: site.resources[$0]?.bmc?.address) })
    }

    @Test func partsAreWhatTheyName() {
        #expect(Self.frozen(Self.freezes(Self.scope(["n1"]))) == ["n1", "n1-gpu0", "n1-gpu1"])
        #expect(Self.frozen(Self.freezes(Self.scope(["n1-gpu1"]))) == ["n1-gpu1"])
        #expect(Self.frozen(Self.freezes(Self.scope(feeds: ["main-b"]))) == ["other"])
        #expect(Self.frozen(Self.freezes(Self.scope(bmcs: ["https://10.0.0.2"]))) == ["n2", "n2-gpu0", "n2-gpu1"])
        #expect(Self.frozen(Self.freezes(nil)).count == Fixture.site.order.count)
        #expect(Self.frozen(Freezes(at: Fixture.site)).isEmpty)
        #expect(Self.freezes(Self.scope(["n[1-2]"])).resourceCount == 6)
    }

    @Test func ofAFreezeAPartCanBeThawed() {
        var freezes = Self.freezes(Self.scope(["rack"]))
        let isPartThawed = freezes.remove(Self.scope(["n[1-7]", "login", "store"]), at: Fixture.site)
        #expect(isPartThawed)
        #expect(Self.frozen(freezes) == ["rack", "n8", "n8-gpu0", "n8-gpu1"])
        #expect(freezes.all.map(\.scopeText) == ["rack without n[1-7], login, store"])
        // Once the rest is thawed nothing is left.
        let isOtherThawed = freezes.remove(Self.scope(["other"]), at: Fixture.site)
        #expect(!isOtherThawed)
        let isThawed = freezes.remove(Self.scope(["rack"]), at: Fixture.site)
        #expect(isThawed)
        #expect(freezes.isEmpty)
        var whole = Self.freezes(nil)
        #expect(whole.isWhole)
        let isOneThawed = whole.remove(Self.scope(["n1"]), at: Fixture.site)
        #expect(isOneThawed)
        #expect(!whole.isWhole && !whole.isEmpty)
        #expect(!whole.contains("n1", at: nil) && whole.contains("n2", at: nil))
        let isAllThawed = whole.remove(nil, at: Fixture.site)
        #expect(isAllThawed && whole.isEmpty)
    }

    /// Two operators who freeze the same are both to thaw it, or one for both.
    @Test func theSameOfOneOperatorIsReplacedAndOfTwoIsNot() {
        var freezes = Freezes(at: Fixture.site)
        let isAdded = freezes.add(Freeze(Self.scope(["n1"]), user: "ada"), at: Fixture.site)
        #expect(isAdded)
        let isAddedByAnother = freezes.add(
            Freeze(Self.scope(["n1"]), until: Self.start + .seconds(60), user: "bob"), at: Fixture.site)
        #expect(isAddedByAnother)
        let isAddedAgain = freezes.add(
            Freeze(Self.scope(["n1"]), until: Self.start + .seconds(5), user: "bob"), at: Fixture.site)
        #expect(isAddedAgain)
        #expect(freezes.all.map(\.user) == ["ada", "bob"])
        #expect(freezes.nextEnd == Self.start + .seconds(5))
        let isNoneOver = freezes.takeEnded(Self.start + .seconds(4), at: Fixture.site).isEmpty
        #expect(isNoneOver)
        let ended = freezes.takeEnded(Self.start + .seconds(5), at: Fixture.site).map(\.user) == ["bob"]
        #expect(ended)
        #expect(freezes.contains("n1", at: nil))
        let isThawed = freezes.remove(Self.scope(["n1"]), at: Fixture.site)
        #expect(isThawed && freezes.isEmpty)
    }

    /// What leaves the rack or the inventory while it is frozen stays frozen, also after a restart with the new files; and
    /// what comes into the rack is frozen with it.
    @Test func aFreezeOutlivesTheInventory() {
        let smaller = Site(resources: Fixture.site.resources.values.filter { $0.id != "n3" && $0.id != "n3-gpu0" })
        let freeze = Freeze(Self.scope(["rack"]))
        let restarted = Freezes([freeze], at: smaller)
        #expect(restarted.contains("n3", at: nil) && restarted.contains("n3-gpu0", at: nil))
        let freezeOfSmaller = Freeze(Self.scope(["rack"], at: smaller))
        var freezes = Freezes([freezeOfSmaller], at: smaller)
        #expect(!freezes.contains("n3", at: nil))
        freezes.resolve(at: Fixture.site)
        #expect(freezes.contains("n3", at: nil))
        // One that is named by itself is meant, in the inventory or not.
        #expect(Freezes([Freeze(Self.scope(["n3"], at: smaller))], at: smaller).contains("n3", at: nil))
    }

    @Test func aClockThatWasSetBackMakesNoFreezeLonger() {
        let freeze = Freeze(nil, since: Self.start, until: Self.start + .seconds(60))
        #expect(freeze.restarted(at: Self.start - .seconds(7200)).until == Self.start - .seconds(7140))
        #expect(freeze.restarted(at: Self.start + .seconds(30)).until == Self.start + .seconds(60))
        #expect(Freeze(nil, since: Self.start).restarted(at: Self.start).until == nil)
    }

    @Test func thereAreOnlySoMany() {
        var freezes = Freezes(at: Fixture.site)
        for number in 0..<Freezes.most {
            let isAdded = freezes.add(Freeze(Self.scope(["n1"]), user: "\(number)"), at: Fixture.site)
            #expect(isAdded)
        }
        let hasRoom = freezes.add(Freeze(Self.scope(["n2"])), at: Fixture.site)
        #expect(!hasRoom)
        let hasReplaced = freezes.add(Freeze(Self.scope(["n1"]), user: "7"), at: Fixture.site)
        #expect(hasReplaced, "in the place of another")
    }
}
