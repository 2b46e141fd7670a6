public import Site
public import StrictJSON

/// What a BMC holds once: resources whose controls have one identity share that control.
public struct ControlIdentity: Sendable, Hashable, CustomStringConvertible {
    public let bmc: BMC.Address
    public let facet: ControlKey.Facet
    /// ``ControlPlace/path``.
    public let path: String

    public init(bmc: BMC.Address, facet: ControlKey.Facet, place: ControlPlace) {
        self.bmc = bmc
        // A limit on all GPUs of a node is the power limit of their baseboard, whichever resource it was found for.
        self.facet = facet == .gpuTotal ? .powerLimit : facet
        path = place.path
    }

    /// - Parameter locator: a ``Reading/locator``
    /// - Returns: nil where the locator is of another version
    public init?(bmc: BMC.Address, facet: ControlKey.Facet, locator: JSONValue) {
        guard let place = ControlPlace(locator: locator) else { return nil }
        self.init(bmc: bmc, facet: facet, place: place)
    }

    /// - Returns: nil where it is not known yet where the entry's control is
    init?(_ entry: ControlEntry) {
        guard let place = entry.place else { return nil }
        self.init(bmc: entry.bmc.address, facet: entry.key.facet, place: place)
    }

    public var description: String { path }
}
