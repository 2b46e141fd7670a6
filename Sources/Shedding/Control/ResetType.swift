/// Values of the Redfish action `ComputerSystem.Reset` that this agent knows (DSP2046, Resource.ResetType).
public enum ResetType: String, Sendable, Hashable, CaseIterable {
    case suspend = "Suspend"
    case pause = "Pause"
    case gracefulShutdown = "GracefulShutdown"
    /// Destroys work that is not saved; used only where the operator's list names it.
    case forceOff = "ForceOff"
    case on = "On"
    case forceOn = "ForceOn"
    case resume = "Resume"

    /// Whether a BMC that allows these values knows this one, by whatever name.
    public func isOffered(among allowed: [String]) -> Bool { spelling(among: allowed) != nil }

    /// How a BMC that allows these values spells this one; nil where it does not. HPE Cray EX says `Off` for a graceful
    /// shutdown, beside its `ForceOff`.
    func spelling(among allowed: [String]) -> String? {
        if allowed.contains(rawValue) { return rawValue }
        return self == .gracefulShutdown && allowed.contains("Off") ? "Off" : nil
    }
}
