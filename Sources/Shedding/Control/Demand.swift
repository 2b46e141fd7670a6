public import PowerEvents

/// What one hint asks of one control. Shares and minima become watts only once the BMC has told the control's range.
public enum Demand: Sendable, Hashable {
    case cap(Watts)
    /// Of the control's maximum.
    case capToShare(Share)
    case capToMinimum
    case suspended
    /// Of the processor's highest speed.
    case slowToShare(Share)
    /// A power mode, in the BMC's own word.
    case mode(String)
}
