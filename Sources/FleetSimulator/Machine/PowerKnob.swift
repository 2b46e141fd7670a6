public import StrictJSON

/// One power limit of a simulated machine, in one of the shapes in which real BMCs offer it.
public struct PowerKnob: Sendable, Hashable {
    public enum Shape: String, Sendable, Hashable, CaseIterable {
        case environmentMetrics = "environment-metrics"
        case powerControl = "power-control"
        case control
    }

    public let shape: Shape
    public let minimum: Int
    public let maximum: Int
    /// The set point, as the BMC spells it: a number, or null.
    public var setPoint: JSONValue
    /// Only where the shape has modes.
    public var mode: String

    public init(shape: Shape, minimum: Int, maximum: Int, setPoint: JSONValue, mode: String = "Automatic") {
        self.shape = shape
        self.minimum = minimum
        self.maximum = maximum
        self.setPoint = setPoint
        self.mode = mode
    }

    /// The watts in force; nil where there is no limit.
    public var limit: Int? { mode == "Disabled" ? nil : setPoint.number?.int }

    /// What stands in the resource's limit object.
    var json: JSONValue {
        switch shape {
        case .powerControl: return ["LimitInWatts": setPoint, "LimitException": "NoAction"]
        case .environmentMetrics, .control:
            return [
                "SetPoint": setPoint, "ControlMode": .string(mode), "AllowableMin": .number(JSONNumber(minimum)),
                "AllowableMax": .number(JSONNumber(maximum)),
            ]
        }
    }

    /// Applies the members of a PATCH, or says why it is refused, as real firmware would.
    mutating func apply(_ members: JSONObject) -> String? {
        var copy = self
        for member in members {
            switch member.key {
            case "SetPoint", "LimitInWatts":
                if member.value.isNull, shape == .powerControl || mode == "Disabled" {
                    copy.setPoint = .null
                    continue
                }
                guard let watts = member.value.number.flatMap({ Int($0.text) }) else {
                    return "The value \(member.value.text) for the property \(member.key) is of a different type."
                }
                guard shape == .powerControl || (minimum...maximum).contains(watts) else {
                    return
                        "The value \(watts) for the property \(member.key) is not in the range \(minimum)-\(maximum)."
                }
                copy.setPoint = member.value
            case "ControlMode" where shape != .powerControl:
                guard let text = member.value.string, ["Automatic", "Disabled"].contains(text) else {
                    return "The value \(member.value.text) for the property ControlMode is not in the list."
                }
                copy.mode = text
            default:
                return "The property \(member.key) is not in the list of valid properties for the resource."
            }
        }
        self = copy
        return nil
    }
}
