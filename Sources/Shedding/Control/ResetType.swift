/// Values of the Redfish action `ComputerSystem.Reset` that this agent knows (DSP2046, Resource.ResetType).
public enum ResetType: String, Sendable, Hashable, CaseIterable, Codable {
    case suspend = "Suspend"
    case pause = "Pause"
    case gracefulShutdown = "GracefulShutdown"
    /// Destroys work that is not saved; used only where the operator's list names it.
    case forceOff = "ForceOff"
    case on = "On"
    case forceOn = "ForceOn"
    case resume = "Resume"
}
