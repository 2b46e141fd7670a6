public import PowerEvents

/// Why a control could not be brought to its goal.
public indirect enum FailureReason: Sendable, Hashable {
    /// What a BMC, or the way to it, said, after so many retries.
    case bmc(BMCFault.Kind, String, retries: Int)
    /// A write was accepted, and the control holds something else; with what the BMC objected to beside.
    case notReadBack(holds: ControlValue, objection: String?)
    /// A write was accepted, and the BMC made something else of it, further off than its steps.
    case clamped(made: ControlValue, wanted: ControlValue)
    /// A write whose effect cannot be told from its answer, and what the control holds.
    case unknownEffect(String, holds: ControlValue)
    /// Written, but it could not be read back.
    case unread(BMCFault.Kind, String)
    /// The power state in which a machine still was at the deadline, and after what.
    case deadline(ControlValue, after: ResetType?)
    case powerStateUnknown
    /// The BMC allows none of the policy's ways to suspend, but these.
    case noWayToSuspend(offered: [ResetType])
    /// No watts can be told that satisfy what was asked for.
    case noCapTarget(CapTarget.Refusal)
    /// The BMC reports no maximum speed to take a share of.
    case noMaximumSpeed
    case modeNotOffered(String?, offered: [String])
    /// Somebody else writes, again after so many corrections.
    case contended(ControlValue, corrections: Int)
    /// The prior is of one machine, and another one answers.
    case anotherMachine(found: String, known: String)
    /// Its BMC has another address, and it cannot be told whether it is the same machine.
    case machineNotKnown
    /// It is as before, but a write that was never answered may still take.
    case writeMayStillTake
    /// It is on, but a shutdown that was asked for may still come.
    case shutdownMayStillCome
    /// The breach was resolved before anything was begun.
    case resolvedMeanwhile
    /// The inventory has come to protect it while it was held.
    case protectedSince
    case frozen
    /// `mode: observe`.
    case observing
    /// A newer demand has taken the place of the one that was pursued.
    case superseded
    /// Another resource leads to the same control, which is held through that.
    case sharesControl(with: String)
    /// An earlier hold, from an old journal, waits for an operator.
    case parked
    /// The journal cannot record prior and intent, so nothing may be written; why not.
    case journalCannotRecord(String)
    /// Let go by one breach, held by these, and failed.
    case stillHeld(by: [UUIDText])
    /// A mistake in this program.
    case `internal`(String)
    /// From a line of history, or a journal of an earlier version: both keep the words only.
    case earlierVersion(String)

    /// Of metrics, journals and answers to programs: never changed, only added to.
    public enum Name: String, Sendable, Hashable, CaseIterable {
        case unreachable
        case circuitOpen = "circuit_open"
        case cancelled
        case outOfTime = "out_of_time"
        case leaseAway = "lease_away"
        case untrusted, unauthorized, busy, refused, overtaken, unsupported
        case nodeOff = "node_off"
        case unknownEffect = "unknown_effect"
        case invalidAnswer = "invalid_answer"
        case notReadBack = "not_read_back"
        case clamped
        case unread
        case deadline
        case powerStateUnknown = "power_state_unknown"
        case noWayToSuspend = "no_way_to_suspend"
        case noMaximum = "no_maximum"
        case noMinimum = "no_minimum"
        case zeroCap = "zero_cap"
        case noMaximumSpeed = "no_maximum_speed"
        case modeNotOffered = "mode_not_offered"
        case contended
        case anotherMachine = "another_machine"
        case machineNotKnown = "machine_not_known"
        case writeMayStillTake = "write_may_still_take"
        case shutdownMayStillCome = "shutdown_may_still_come"
        case resolvedMeanwhile = "resolved_meanwhile"
        case protectedSince = "protected_since"
        case frozen, observing, superseded
        case sharesControl = "shares_control"
        case parked
        case journalCannotRecord = "journal_cannot_record"
        case stillHeld = "still_held"
        case `internal`
        case earlierVersion = "earlier_version"
    }

    public var name: Name {
        switch self {
        case .bmc(let kind, _, _): kind.reason
        case .notReadBack: .notReadBack
        case .clamped: .clamped
        case .unknownEffect: .unknownEffect
        case .unread: .unread
        case .deadline: .deadline
        case .powerStateUnknown: .powerStateUnknown
        case .noWayToSuspend: .noWayToSuspend
        case .noCapTarget(.noMaximum): .noMaximum
        case .noCapTarget(.noMinimum): .noMinimum
        case .noCapTarget(.zero): .zeroCap
        case .noMaximumSpeed: .noMaximumSpeed
        case .modeNotOffered: .modeNotOffered
        case .contended: .contended
        case .anotherMachine: .anotherMachine
        case .machineNotKnown: .machineNotKnown
        case .writeMayStillTake: .writeMayStillTake
        case .shutdownMayStillCome: .shutdownMayStillCome
        case .resolvedMeanwhile: .resolvedMeanwhile
        case .protectedSince: .protectedSince
        case .frozen: .frozen
        case .observing: .observing
        case .superseded: .superseded
        case .sharesControl: .sharesControl
        case .parked: .parked
        case .journalCannotRecord: .journalCannotRecord
        case .stillHeld: .stillHeld
        case .internal: .internal
        case .earlierVersion: .earlierVersion
        }
    }

    /// The BMC could not be spoken to.
    public var isUnreachable: Bool {
        switch self {
        case .bmc(let kind, _, _), .unread(let kind, _): kind.isUnreachable
        default: false
        }
    }

    /// The BMC offers no such control, so that another way may be tried.
    public var isUnsupported: Bool {
        switch self {
        case .bmc(.unsupported, _, _), .noMaximumSpeed, .modeNotOffered: true
        default: false
        }
    }
}

extension BMCFault.Kind {
    /// The name of a failure for this cause.
    var reason: FailureReason.Name {
        switch self {
        case .unreachable: .unreachable
        case .circuitOpen: .circuitOpen
        case .cancelled: .cancelled
        case .outOfTime: .outOfTime
        case .fenced: .leaseAway
        case .untrusted: .untrusted
        case .unauthorized: .unauthorized
        case .busy: .busy
        case .refused: .refused
        case .overtaken: .overtaken
        case .unsupported: .unsupported
        case .machineOff: .nodeOff
        case .unknownEffect: .unknownEffect
        case .invalidAnswer: .invalidAnswer
        }
    }
}
