public import StrictJSON

/// One power limit of a simulated machine, as it is, apart from how it is shown.
public struct PowerKnob: Sendable, Hashable {
    /// Why a write was refused, as firmware would say it.
    struct Refusal: Error {
        var status = 400
        let id: String
        let message: String
    }

    public private(set) var style: LimitStyle
    public let minimum: Int
    public let maximum: Int
    /// The set point, as the BMC spells it: a number, or null.
    public var setPoint: JSONValue
    /// `Disabled`, or any word for on.
    public var mode: String
    /// What happens when the limit cannot be kept; nil where the shape has no such member.
    public var exception: String?
    /// Whether an action has armed it; nil where that is not needed.
    public var isArmed: Bool?
    /// What it falls back to without power.
    private let factory: JSONValue

    init(
        _ style: LimitStyle, _ range: ClosedRange<Int>, setPoint: JSONValue, mode: String = "Automatic",
        exception: String? = nil, isArmed: Bool? = nil
    ) {
        self.style = style
        minimum = range.lowerBound
        maximum = range.upperBound
        self.setPoint = setPoint
        self.mode = mode
        self.exception = exception
        self.isArmed = isArmed
        factory = setPoint
    }

    /// The watts in force; nil where there is no limit.
    public var limit: Int? {
        guard mode != "Disabled", isArmed != false, let watts = setPoint.number?.int, watts > 0 else { return nil }
        return watts
    }

    /// What becomes of a set point that was just written, where the BMC does not keep it as it is.
    mutating func misunderstand(_ kind: Fault.Kind, since before: PowerKnob) {
        // What is put back is what it once kept.
        guard let watts = setPoint.number?.int, setPoint != before.setPoint, setPoint != factory else { return }
        switch kind {
        case .round(let step) where step > 0: setPoint = .number(JSONNumber(max(minimum, watts / step * step)))
        case .clamp: setPoint = .number(JSONNumber(max(minimum, watts - watts / 12)))
        default: return
        }
    }

    /// The same limit in another shape.
    func moved() -> PowerKnob {
        var other = self
        other.style = LimitStyle(style.place == .environmentMetrics ? .control : .environmentMetrics)
            .with {
                $0.modes = ["Automatic", "Manual"]
                $0.takesNull = true
                $0.isRangeEnforced = false
            }
        other.isArmed = nil
        other.exception = nil
        if limit == nil {
            other.mode = "Disabled"
        } else if other.mode == "Disabled" {
            other.mode = "Automatic"
        }
        return other
    }

    mutating func losePower() { if style.isVolatile { setPoint = factory } }

    /// Applies the members of a write, or refuses all of it.
    mutating func apply(_ members: JSONObject) throws(Refusal) {
        var copy = self
        let newMode = members["ControlMode"]?.string
        if style.hasModeConflicts, let point = members["SetPoint"], let newMode, point.isNull != (newMode == "Disabled")
        {
            throw Refusal(
                id: "PropertyValueConflict", message: "SetPoint and ControlMode contradict each other.")
        }
        for member in members {
            switch member.key {
            case "SetPoint", "LimitInWatts": try copy.set(member, newMode: newMode)
            case "ControlMode" where !style.modes.isEmpty:
                guard let newMode, style.modes.contains(newMode) || newMode == "Disabled" else {
                    throw Refusal(
                        id: "PropertyValueNotInList",
                        message: "The value \(member.value.text) for ControlMode is not in the list.")
                }
                copy.mode = newMode
                if newMode == "Disabled", style.forgetsWhenOff { copy.setPoint = 0 }
            case "LimitException" where exception != nil: copy.exception = member.value.string
            default:
                throw Refusal(
                    id: "PropertyUnknown", message: "The property \(member.key) is not in the list of valid properties."
                )
            }
        }
        self = copy
    }

    private mutating func set(_ member: JSONObject.Member, newMode: String?) throws(Refusal) {
        if member.value.isNull, style.takesNull {
            setPoint = .null
            if style.impliesMode { mode = "Disabled" }
            return
        }
        guard let watts = member.value.number.flatMap({ Int($0.text) }) else {
            throw Refusal(
                id: "PropertyValueTypeError",
                message: "The value \(member.value.text) for the property \(member.key) is of a different type.")
        }
        if style.needsMode, mode == "Disabled", newMode == nil {
            throw Refusal(id: "ActionNotSupported", message: "The limit is disabled; a ControlMode is needed.")
        }
        let isDormant = (newMode ?? mode) == "Disabled" && watts == 0
        guard !style.isRangeEnforced || isDormant || (minimum...maximum).contains(watts) else {
            throw Refusal(
                id: "PropertyValueOutOfRange",
                message: "The value \(watts) for \(member.key) is not in the range \(minimum)-\(maximum).")
        }
        setPoint = member.value
        if style.impliesMode, newMode == nil { mode = style.modes.first ?? "Automatic" }
    }
}
