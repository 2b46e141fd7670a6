public import Inventory
public import Shedding
public import StrictJSON

/// What a BMC holds once: resources whose controls have one identity share that control.
public struct ControlIdentity: Sendable, Hashable, CustomStringConvertible {
    public let bmc: BMC.Address
    public let facet: ControlKey.Facet
    /// In the spelling of ``Links/canonical(_:)``: of the Control itself where the BMC shows excerpts of it.
    public let uri: String
    public let member: String?

    /// - Parameter locator: a ``Reading/locator``
    /// - Returns: nil where the locator is of another version
    public init?(bmc: BMC.Address, facet: ControlKey.Facet, locator: JSONValue) {
        guard let place = Locator(json: locator) else { return nil }
        self.init(bmc: bmc, facet: facet, place)
    }

    init(bmc: BMC.Address, facet: ControlKey.Facet, _ place: Locator) {
        self.bmc = bmc
        self.facet = facet
        uri = Links.canonical(place.source ?? place.uri)
        member = place.member
    }

    /// The URI, with the member as its fragment.
    public var description: String { uri + (member.map { "#\($0)" } ?? "") }
}
