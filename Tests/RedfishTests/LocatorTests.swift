import PowerEvents
import Shedding
import Site
import Testing

@testable import Redfish

/// Where a control was found, and what it is by that, whoever asks.
struct LocatorTests {
    private static let uri = "/redfish/v1/Chassis/A%2dB/Power"

    static let locators: [Locator] = [
        Locator(dialect: "power-control", uri: uri), Locator(dialect: "power-control", uri: uri, member: "0"),
        Locator(dialect: "environment-metrics", uri: uri + "/", source: "/redfish/v1/Chassis/a-b/Controls/1/"),
        Locator(dialect: "environment-metrics", uri: uri, source: "/redfish/v1/Chassis/ä/Controls/1", member: "0"),
        Locator(dialect: "power-control", uri: "/redfish/v1/Chassis/Gehäuse 1/Power", member: "name:Total"),
    ]

    /// A journal of an earlier version has the locator and no place.
    @Test(arguments: locators) func thePlaceIsTheSameFromTheJournal(locator: Locator) throws {
        #expect(ControlPlace(locator: locator.json) == locator.place)
        let identity = ControlIdentity(bmc: FakeBMC.bmc.address, facet: .powerLimit, place: locator.place)
        #expect(
            ControlIdentity(bmc: FakeBMC.bmc.address, facet: .powerLimit, locator: locator.json) == identity)
        #expect(identity.path == locator.place.path)
    }

    @Test func otherSpellingsAreTheSamePlace() {
        let one = Locator(dialect: "power-control", uri: Self.uri, member: "0").place
        #expect(Locator(dialect: "power-control", uri: "/redfish/v1/chassis/a-b/POWER/", member: "0").place == one)
        #expect(Locator(dialect: "power-control", uri: Self.uri, member: "1").place != one)
    }
}
