public import Shedding
public import Site
public import StrictJSON

/// What a BMC holds once: resources whose controls have one identity share that control.
public struct ControlIdentity: Sendable, Hashable, CustomStringConvertible {
    public let bmc: BMC.Address
    public let facet: ControlKey.Facet
    /// Of the Control itself where the BMC shows excerpts of it.
    public let path: String

    /// - Parameter locator: a ``Reading/locator``
    /// - Returns: nil where the locator is of another version
    public init?(bmc: BMC.Address, facet: ControlKey.Facet, locator: JSONValue) {
        guard let place = Locator(json: locator) else { return nil }
        self.init(bmc: bmc, facet: facet, place)
    }

    init(bmc: BMC.Address, facet: ControlKey.Facet, _ place: Locator) {
        self.bmc = bmc
        self.facet = facet
        path = place.place.path
    }

    public var description: String { path }
}
