extension FailureReason: CustomStringConvertible {
    /// The same words for the same cause, however often it was tried: many that fail of it are told together.
    public var cause: String {
        guard case .bmc(let kind, let said, _) = self else { return description }
        return Self.text(kind == .circuitOpen ? .unreachable : kind, BMCFault.trouble(in: said), 0)
    }

    /// In words an operator can act on.
    public var description: String {
        switch self {
        case .bmc(let kind, let said, let retries): Self.text(kind, said, retries)
        case .notReadBack(let holds, let objection):
            "the BMC accepted the write" + (objection.map { " (it said: \($0))" } ?? "") + ", but holds \(holds)"
        case .clamped(let made, let wanted): "the BMC accepted the write, but made \(made) of \(wanted)"
        case .unknownEffect(let said, let holds): "\(said), and it holds \(holds)"
        case .unread(_, let said): "unknown: written, but it could not be read back: \(said)"
        case .deadline(let value, let write):
            "still \(value) at the deadline" + (write.map { " after \($0)" } ?? "")
        case .powerStateUnknown: "unknown: the BMC does not tell the power state"
        case .noWayToSuspend(let offered):
            "the BMC allows none of the policy's ways to suspend (it allows "
                + (offered.isEmpty ? "none" : offered.map(\.rawValue).joined(separator: ", ")) + ")"
        case .noCapTarget(let refusal): refusal.description
        case .noMaximumSpeed: "the BMC reports no maximum speed to take a share of"
        case .modeNotOffered(let wanted, let offered):
            "the BMC does not offer the power mode \(wanted ?? "?") (it offers \(offered.joined(separator: ", ")))"
        case .contended(let value, let corrections):
            "contended: somebody else set it to \(value) again after \(corrections) corrections"
        case .anotherMachine(let found, let known):
            "another machine (\(found)) answers at this address; the prior is of \(known)"
        case .machineNotKnown: "its BMC has another address now, and it cannot be told whether it is the same machine"
        case .writeMayStillTake: "as before, but a write that was never answered may still take; looked at again"
        case .shutdownMayStillCome: "on, but the shutdown that was asked for may still come; looked at again"
        case .resolvedMeanwhile: "the breach was resolved meanwhile: nothing more is begun for it"
        case .protectedSince: "protected: since the inventory was read again it says never to touch it"
        case .frozen: "frozen: an operator has stopped writes to it"
        case .observing: "mode: observe: nothing is written"
        case .superseded: "overtaken by a newer demand"
        case .sharesControl(let holder): "shares its control with \(holder), which is held already"
        case .parked: "an earlier hold of it, from an old journal, waits for `ima resume` or `ima release`"
        case .journalCannotRecord(let why): "not written: the journal cannot record it first (\(why))"
        case .stillHeld(let breaches): AppliedRemark.stillHeld(by: breaches).description
        case .internal(let what): "internal: \(what)"
        case .earlierVersion(let text): text
        }
    }

    private static func text(_ kind: BMCFault.Kind, _ said: String, _ retries: Int) -> String {
        let tries = retries > 0 ? " after \(retries) \(retries == 1 ? "retry" : "retries")" : ""
        switch kind {
        case .machineOff: return "node is off: \(said)"
        case .unreachable, .circuitOpen, .cancelled: return "BMC unreachable\(tries): \(said)"
        case .unknownEffect: return "unknown\(tries): \(said)"
        case .unsupported: return said
        case .outOfTime, .fenced, .untrusted, .unauthorized, .busy, .refused, .overtaken, .invalidAnswer:
            return said + tries
        }
    }
}
