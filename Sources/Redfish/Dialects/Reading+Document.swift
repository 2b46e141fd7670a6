import PowerEvents
import Shedding
import StrictJSON

/// What one document shows of a control, apart from the document's shape: a reading that does not yet say of which machine
/// it is, nor where it was found.
extension Reading {
    /// A power limit that stands there whether it is in force or not.
    init(_ watts: Watts?, isInForce: Bool, _ fragment: JSONValue, _ range: PowerRange) {
        self.init(
            value: .limit(isInForce ? watts : nil), fragment: fragment, range: range, dormant: isInForce ? nil : watts)
    }
}
