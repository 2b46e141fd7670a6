public import PowerEvents

/// One line of what happened, for people to read later; nothing is decided by it.
public struct HistoryEntry: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// An alert was accepted; the code is its status.
        case alert
        /// A control came to an end other than before; the code is the outcome's, or `reverted`.
        case outcome
        /// What an alert asks for was worked out; the value is how much less is to be drawn.
        case plan
        /// The members of a budget were cut further because of what a meter showed.
        case correction
        /// A report was made; the code is its action and code.
        case report
        /// An operator did something; the code says what.
        case command
    }

    public var kind: Kind
    public var breach: UUIDText?
    public var control: ControlKey?
    public var code: String
    /// What the control held, as it was last read.
    public var value: String?
    /// What it held before the first hold.
    public var prior: String?
    public var message: String?
    /// When what it tells of was written, where it was.
    public var writtenAt: Timestamp?

    public init(
        _ kind: Kind, _ code: String, breach: UUIDText? = nil, control: ControlKey? = nil, value: String? = nil,
        prior: String? = nil, message: String? = nil, writtenAt: Timestamp? = nil
    ) {
        self.writtenAt = writtenAt
        self.kind = kind
        self.code = code
        self.breach = breach
        self.control = control
        self.value = value
        self.prior = prior
        self.message = message
    }
}
