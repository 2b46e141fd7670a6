/// Values of the Redfish action `ComputerSystem.Reset` (DSP2046, Resource.ResetType).
public enum ResetType: Sendable, Hashable {
    case suspend
    case pause
    case gracefulShutdown
    /// What HPE Cray EX calls a graceful shutdown, beside its `ForceOff`.
    case off
    /// Destroys work that is not saved; used only where the operator's list names it.
    case forceOff
    case on
    case forceOn
    case resume
    /// What a BMC offers and this agent never asks for, in the BMC's spelling.
    case other(String)

    /// Whether a BMC that allows these values knows this one, by whatever name.
    public func isOffered(among allowed: [ResetType]) -> Bool { asOffered(among: allowed) != nil }

    /// The one of these that does what this one does; nil where none does.
    func asOffered(among allowed: [ResetType]) -> ResetType? {
        if allowed.contains(self) { return self }
        return self == .gracefulShutdown && allowed.contains(.off) ? .off : nil
    }
}

extension ResetType: RawRepresentable, ExpressibleByStringLiteral, CustomStringConvertible {
    private static let known: [ResetType] = [
        .suspend, .pause, .gracefulShutdown, .off, .forceOff, .on, .forceOn, .resume,
    ]

    /// - Parameter rawValue: as BMCs spell it
    public init(rawValue: String) {
        self = Self.known.first { $0.rawValue == rawValue } ?? .other(rawValue)
    }

    public init(stringLiteral value: String) { self.init(rawValue: value) }

    /// As BMCs spell it.
    public var rawValue: String {
        switch self {
        case .suspend: "Suspend"
        case .pause: "Pause"
        case .gracefulShutdown: "GracefulShutdown"
        case .off: "Off"
        case .forceOff: "ForceOff"
        case .on: "On"
        case .forceOn: "ForceOn"
        case .resume: "Resume"
        case .other(let spelling): spelling
        }
    }

    public var description: String { rawValue }
}
