/// One settable thing of one resource.
public struct ControlKey: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
    public enum Facet: String, Sendable, Hashable, Codable, CaseIterable {
        case powerLimit = "power_limit"
        case powerState = "power_state"
        case speedLimit = "speed_limit"
        case powerMode = "power_mode"
    }

    /// The resource's id in the inventory.
    public let resource: String
    public let facet: Facet

    public init(resource: String, facet: Facet) {
        self.resource = resource
        self.facet = facet
    }

    public static func < (left: ControlKey, right: ControlKey) -> Bool {
        (left.resource, left.facet.rawValue) < (right.resource, right.facet.rawValue)
    }

    /// As journal rows and logs name it: `dgx-01/power_limit`.
    public var description: String { "\(resource)/\(facet.rawValue)" }
}
