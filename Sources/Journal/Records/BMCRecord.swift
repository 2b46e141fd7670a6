public import Shedding
public import Site

/// Something to be remembered of a BMC. The order counts: a session that is opened after one of the same name was closed
/// is open.
public enum BMCRecord: Sendable, Hashable {
    case opened(BMCSession)
    case closed(BMCSession)
    /// All that is known of where things are in it.
    case learned(BMC.Address, BMCKnowledge)
}
