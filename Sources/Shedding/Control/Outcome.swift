public import PowerEvents

/// How an attempt to bring a control to its goal ended.
public struct Outcome: Sendable, Hashable, Codable {
    public var code: EnforcementResult.Code
    /// In words an operator can act on.
    public var message: String?
    /// What the BMC was last seen to hold; nil where it could not be read.
    public var value: ControlValue?
    /// The BMC could not be spoken to.
    public var unreachable = false
    /// The breach was over before anything was done for it: there is nothing to be told of. nil is no.
    public var isUntouched: Bool?
    /// The BMC offers no such control, so that another way may be tried. nil is no.
    public var isUnsupported: Bool?

    public init(
        _ code: EnforcementResult.Code, _ message: String? = nil, value: ControlValue? = nil, unreachable: Bool = false
    ) {
        self.code = code
        self.message = message
        self.value = value
        self.unreachable = unreachable
    }
}
