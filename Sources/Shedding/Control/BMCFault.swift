/// Why a BMC did not do as asked, sorted by what that lets one conclude.
public struct BMCFault: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// Nothing was sent: no route, no answer to the connect, no name.
        case unreachable
        /// It timed out several times in a row and is not asked for a while; nothing was sent.
        case circuitOpen
        /// Given up by ourselves, which says nothing of the BMC; nothing was changed.
        case cancelled
        /// The time that it may take is over; nothing was sent.
        case outOfTime
        /// This agent's right to write had ended when it was about to be sent; nothing was sent.
        case fenced
        /// The certificate is not the trusted one; nothing was sent.
        case untrusted
        /// The login was refused, twice.
        case unauthorized
        /// The BMC asks to come again later.
        case busy
        /// The BMC said no, and would again.
        case refused
        /// Somebody wrote to the control since it was read; nothing of ours was taken.
        case overtaken
        /// There is no such control, or none that can be used.
        case unsupported
        /// The control is not there now because the machine is off.
        case machineOff
        /// The request went out; whether it was obeyed cannot be told from the answer, or there is none.
        case unknownEffect
        /// The answer makes no sense.
        case invalidAnswer
    }

    public var kind: Kind
    /// In words an operator can act on, without credentials. What a BMC says at length is cut.
    public var message: String
    /// How long the BMC asked to wait.
    public var retryAfter: Duration?
    /// Whether it may say nothing of the rest of the BMC: it concerns what was asked for, or there was no time for an answer.
    public var mayBeOfResource: Bool

    public init(_ kind: Kind, _ message: String, retryAfter: Duration? = nil, mayBeOfResource: Bool = false) {
        self.mayBeOfResource = mayBeOfResource
        self.kind = kind
        self.message = StrangersText.cut(message)
        self.retryAfter = retryAfter
    }

    public var description: String { message }

    private static let circuitNote = "; circuit open after several timeouts in a row, nothing was sent"

    /// - Parameter reason: what the last of the timeouts was
    public static func circuitOpen(after reason: String) -> BMCFault {
        var fault = BMCFault(.circuitOpen, reason)
        // Beyond what is cut, so that the reason is found again in it.
        fault.message += circuitNote
        return fault
    }

    /// What a message says of the trouble itself, which is the same whether or not it was tried again.
    static func trouble(in message: String) -> String {
        message.hasSuffix(circuitNote) ? String(message.dropLast(circuitNote.count)) : message
    }

    /// Whether nothing at all was sent, so that the BMC cannot have obeyed, whatever it says.
    public var isUnsent: Bool {
        switch kind {
        case .unreachable, .circuitOpen, .cancelled, .outOfTime, .fenced, .untrusted, .unsupported: true
        case .unauthorized, .busy, .refused, .overtaken, .machineOff, .unknownEffect, .invalidAnswer: false
        }
    }

    /// Whether the BMC says that it did not do what it was asked.
    var isRefusal: Bool { kind == .refused || kind == .unauthorized || kind == .overtaken }

    /// Whether the BMC could not be spoken to.
    public var isUnreachable: Bool { kind.isUnreachable }

    /// Whether the same request could succeed a moment later.
    var isWorthRetrying: Bool {
        switch kind {
        case .unreachable, .busy, .unknownEffect, .invalidAnswer: true
        case .circuitOpen, .cancelled, .outOfTime, .fenced, .untrusted, .unauthorized, .refused, .overtaken,
            .unsupported, .machineOff:
            false
        }
    }
}

extension BMCFault.Kind {
    /// Whether the BMC could not be spoken to.
    public var isUnreachable: Bool {
        switch self {
        case .unreachable, .circuitOpen, .cancelled: true
        case .outOfTime, .fenced, .untrusted, .unauthorized, .busy, .refused, .overtaken, .unsupported, .machineOff,
            .unknownEffect, .invalidAnswer:
            false
        }
    }
}
