import PowerEvents
import Shedding
import StrictJSON

/// What one document shows of a control, apart from the document's shape.
struct ControlReading: Sendable, Hashable {
    var value: ControlValue
    /// The writable members, as spelled: absent, null and 0 are three different things.
    var fragment: JSONValue
    var range = PowerRange()
    /// A power limit that stands there without being in force.
    var dormant: Watts?
    /// The resource through which this one and others can be changed by one request.
    var group: String?
    /// For a speed limit.
    var speeds: SpeedRange?
    /// For a power mode: what may be chosen.
    var modes: [String] = []
}

extension ControlReading {
    /// A power limit that stands there whether it is in force or not.
    init(_ watts: Watts?, isInForce: Bool, _ fragment: JSONValue, _ range: PowerRange) {
        self.init(value: .limit(isInForce ? watts : nil), fragment: fragment, range: range)
        dormant = isInForce ? nil : watts
    }
}
