/// What keeps a whole BMC from being enforced upon, whichever of its resources was asked for.
public struct BMCTrouble: Sendable, Hashable {
    /// The kinds that there are; what programs know them by.
    public enum Cause: String, Sendable, Hashable, CaseIterable {
        /// No connection, no answer, or a name that does not resolve.
        case unreachable
        /// The certificate is not the trusted one.
        case untrusted
        /// The login is refused, or there is none to try.
        case unauthorized
        /// It asks to come again later.
        case busy
        /// Something is held on a machine, and another one answers in its place.
        case anotherMachine = "another_machine"
    }

    public let cause: Cause
    /// In words an operator can act on, the same for the same trouble.
    public let message: String
    /// Whether it is of the whole BMC without doubt; else a look at another of its resources has to tell.
    public let isCertain: Bool

    public init(_ cause: Cause, _ message: String, isCertain: Bool = true) {
        self.cause = cause
        self.message = message
        self.isCertain = isCertain
    }

    /// - Returns: nil for a fault that says nothing of the BMC's other resources, or nothing of the BMC
    public init?(_ fault: BMCFault) {
        let cause: Cause
        switch fault.kind {
        case .unreachable, .circuitOpen: cause = .unreachable
        case .untrusted: cause = .untrusted
        case .unauthorized: cause = .unauthorized
        case .busy: cause = .busy
        case .cancelled, .outOfTime, .fenced, .refused, .overtaken, .unsupported, .machineOff, .unknownEffect,
            .invalidAnswer:
            return nil
        }
        self.init(cause, BMCFault.trouble(in: fault.message), isCertain: !fault.mayBeOfResource)
    }

    /// What becomes of it next, and what an operator can do.
    ///
    /// - Parameter every: how often the patrol comes; nil where there is none
    public func next(patrolEvery every: Duration?) -> String {
        let look = every.map { "looked at again every \(Self.text($0))" } ?? "looked at again when it is needed"
        return switch cause {
        case .unreachable: "\(look); see to the network, the power and the BMC"
        case .untrusted: "\(look); see to its certificate, or the CA or pin of the inventory"
        case .unauthorized:
            "not logged in to again until its secret or the configuration changes, or `ima reload`; see to the account"
        case .busy: "\(look), as it asks for"
        case .anotherMachine:
            "\(look); nothing is written to it until the first machine is back, or `ima release` gives up what is held"
        }
    }

    private static func text(_ duration: Duration) -> String {
        let seconds = duration / .seconds(1)
        return seconds >= 1 && seconds == seconds.rounded()
            ? "\(Int(seconds))s" : "\(Int(duration / .milliseconds(1)))ms"
    }
}
