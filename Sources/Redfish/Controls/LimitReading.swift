import PowerEvents
import Shedding
import StrictJSON

/// A power limit as one document shows it, apart from the document's shape.
struct LimitReading: Sendable, Hashable {
    /// nil where no limit is in force.
    var limit: Watts?
    /// The writable members, as spelled: absent, null and 0 are three different things.
    var fragment: JSONValue
    var range: PowerRange
}
