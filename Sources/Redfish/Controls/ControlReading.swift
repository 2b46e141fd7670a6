import PowerEvents
import Shedding
import StrictJSON

/// What one document shows of a control, apart from the document's shape.
struct ControlReading: Sendable, Hashable {
    var value: ControlValue
    /// The writable members, as spelled: absent, null and 0 are three different things.
    var fragment: JSONValue
    var range = PowerRange()
    /// For a speed limit.
    var speeds: SpeedRange?
    /// For a power mode: what may be chosen.
    var modes: [String] = []
}
