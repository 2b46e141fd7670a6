/// One settable thing of one resource.
public struct ControlKey: Sendable, Hashable, Comparable, CustomStringConvertible {
    public enum Facet: String, Sendable, Hashable, CaseIterable {
        case powerLimit = "power_limit"
        case powerState = "power_state"
        case speedLimit = "speed_limit"
        case powerMode = "power_mode"
        /// Of a node: the one limit on all of its GPUs together.
        case gpuTotal = "gpu_total"

        fileprivate var ordinal: UInt8 {
            switch self {
            case .powerLimit: 0
            case .powerState: 1
            case .speedLimit: 2
            case .powerMode: 3
            case .gpuTotal: 4
            }
        }
    }

    /// The resource's id in the inventory.
    public let resource: String
    public let facet: Facet

    public init(resource: String, facet: Facet) {
        self.resource = resource
        self.facet = facet
    }

    // By the case and not by its name, as an enumeration with raw values has it: keys are looked up all the time.
    public static func == (left: ControlKey, right: ControlKey) -> Bool {
        left.facet.ordinal == right.facet.ordinal && left.resource == right.resource
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(resource)
        hasher.combine(facet.ordinal)
    }

    public static func < (left: ControlKey, right: ControlKey) -> Bool {
        (left.resource, left.facet.rawValue) < (right.resource, right.facet.rawValue)
    }

    /// As journal rows and logs name it: `dgx-01/power_limit`.
    public var description: String { "\(resource)/\(facet.rawValue)" }
}
