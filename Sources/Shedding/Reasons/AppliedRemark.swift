public import PowerEvents

/// What is worth saying of a control that was brought to its goal.
public indirect enum AppliedRemark: Sendable, Hashable {
    case nothingChanged
    /// The breach was over before anything was done for it: there is nothing to be told of.
    case neverBegun
    case raisedToFloor(Watts)
    case raisedToMinimum(Watts)
    /// It was limited so before any hold.
    case alreadyLimited(Watts)
    /// What the BMC made of a write by its steps.
    case rounded(made: ControlValue, wanted: ControlValue)
    /// Somebody else has set a tighter limit than was asked for.
    case limitedBySomebodyElse(ControlValue)
    case limited(Megahertz)
    case powerMode(String)
    /// The machine was down before anything was asked of it.
    case alreadyDown(PowerState)
    case suspended(PowerState)
    /// The machine was not running before it was held.
    case wasDown(PowerState)
    /// The control is another one now, and holds what its prior means.
    case restoredByMeaning
    /// It limits nothing, as before; with how that is spelled now, and was.
    case offAsBefore(spelled: String, before: String)
    /// Let go by one breach and held by these.
    case stillHeld(by: [UUIDText])
    /// From a journal of an earlier version, which kept the words only.
    case earlierVersion(String)

    /// Of journals and answers to programs: never changed, only added to.
    public enum Name: String, Sendable, Hashable, CaseIterable {
        case nothingChanged = "nothing_changed"
        case neverBegun = "never_begun"
        case raisedToFloor = "raised_to_floor"
        case raisedToMinimum = "raised_to_minimum"
        case alreadyLimited = "already_limited"
        case rounded
        case limitedBySomebodyElse = "limited_by_somebody_else"
        case limited
        case powerMode = "power_mode"
        case alreadyDown = "already_down"
        case suspended
        case wasDown = "was_down"
        case restoredByMeaning = "restored_by_meaning"
        case offAsBefore = "off_as_before"
        case stillHeld = "still_held"
        case earlierVersion = "earlier_version"
    }

    public var name: Name {
        switch self {
        case .nothingChanged: .nothingChanged
        case .neverBegun: .neverBegun
        case .raisedToFloor: .raisedToFloor
        case .raisedToMinimum: .raisedToMinimum
        case .alreadyLimited: .alreadyLimited
        case .rounded: .rounded
        case .limitedBySomebodyElse: .limitedBySomebodyElse
        case .limited: .limited
        case .powerMode: .powerMode
        case .alreadyDown: .alreadyDown
        case .suspended: .suspended
        case .wasDown: .wasDown
        case .restoredByMeaning: .restoredByMeaning
        case .offAsBefore: .offAsBefore
        case .stillHeld: .stillHeld
        case .earlierVersion: .earlierVersion
        }
    }
}

extension AppliedRemark: CustomStringConvertible {
    /// In words for people.
    public var description: String {
        switch self {
        case .nothingChanged: "nothing was changed"
        case .neverBegun: "the breach was resolved before it was begun"
        case .raisedToFloor(let watts): "raised to the inventory's floor of \(watts)"
        case .raisedToMinimum(let watts): "raised to the control's minimum of \(watts)"
        case .alreadyLimited(let watts): "already limited to \(watts)"
        case .rounded(let made, let wanted): "the BMC made \(made) of \(wanted)"
        case .limitedBySomebodyElse(let value): "somebody else limits it to \(value)"
        case .limited(let speed): "limited to \(speed)"
        case .powerMode(let mode): "power mode \(mode)"
        case .alreadyDown(let state): "already \(state.rawValue.lowercased())"
        case .suspended(let state): "suspended (\(state.rawValue))"
        case .wasDown(let state): "it was \(state.rawValue) before"
        case .restoredByMeaning: "put back by its meaning, since the control has moved"
        case .offAsBefore(let spelled, let before): "off as before, though spelled \(spelled) instead of \(before)"
        case .stillHeld(let breaches): "still held by breach \(breaches.map(\.text).joined(separator: ", "))"
        case .earlierVersion(let text): text
        }
    }
}
