public import PowerEvents

/// Why nothing was, or will be, written for a hint or a control, although nothing went wrong.
public indirect enum SkipReason: Sendable, Hashable {
    /// The inventory has no such resource.
    case unknownResource(String)
    /// The hint says another type than the inventory, which says this one.
    case wrongType(String, ResourceType)
    case protected(String)
    case actionNotAllowed(String, allowed: [ShedAction])
    /// The resource is not fed by the breached feed, but by these.
    case otherFeed(String, feeds: [String])
    /// The same action on the same resource as an earlier hint of the alert, counted from 1.
    case duplicate(ofHint: Int)
    /// A chassis without a BMC, on which watts were asked for.
    case noControl(String)
    case noNodes(in: String)
    /// As many nodes as the policy allows are down already, of this agent's; or of a site's, with so many down in other
    /// shards.
    case maxSuspended(String, limit: Int, nodes: Int, elsewhere: Int? = nil)
    /// How many nodes the other shards of the site hold down is not known.
    case suspensionsUnknown(String)
    /// Every part of the hint was left out, each for its reason.
    case everyPart([SkipReason])
    /// So many of a plan's BMCs cannot be reached that nothing more is suspended.
    case maxUnreachable(lost: Int, bmcs: Int)
    /// The control is not there because its machine is off; what the BMC said of it.
    case nodeOff(String)
    case notInInventory
    /// The hint was left to the suspend of a node that the inventory no longer has.
    case coverNotInInventory(String)
    /// A control is not put back, because it holds neither what we set nor what it held before.
    case changedBySomebodyElse(holds: ControlValue, set: ControlValue, prior: ControlValue)
    /// Somebody else took a control over while it was held.
    case takenOver
    /// Let go by one breach and held by these.
    case stillHeld(by: [UUIDText])
    /// From a line of history, or a journal of an earlier version: both keep the words only.
    case earlierVersion(String)

    /// Of metrics, journals and answers to programs: never changed, only added to.
    public enum Name: String, Sendable, Hashable, CaseIterable {
        case unknownResource = "unknown_resource"
        case wrongType = "wrong_type"
        case protected
        case actionNotAllowed = "action_not_allowed"
        case otherFeed = "other_feed"
        case duplicate
        case noControl = "no_control"
        case noNodes = "no_nodes"
        case maxSuspended = "max_suspended"
        case suspensionsUnknown = "suspensions_unknown"
        case everyPart = "every_part"
        case maxUnreachable = "max_unreachable"
        case nodeOff = "node_off"
        case notInInventory = "not_in_inventory"
        case coverNotInInventory = "cover_not_in_inventory"
        case changedBySomebodyElse = "changed_by_somebody_else"
        case takenOver = "taken_over"
        case stillHeld = "still_held"
        case earlierVersion = "earlier_version"
    }

    public var name: Name {
        switch self {
        case .unknownResource: .unknownResource
        case .wrongType: .wrongType
        case .protected: .protected
        case .actionNotAllowed: .actionNotAllowed
        case .otherFeed: .otherFeed
        case .duplicate: .duplicate
        case .noControl: .noControl
        case .noNodes: .noNodes
        case .maxSuspended: .maxSuspended
        case .suspensionsUnknown: .suspensionsUnknown
        case .everyPart: .everyPart
        case .maxUnreachable: .maxUnreachable
        case .nodeOff: .nodeOff
        case .notInInventory: .notInInventory
        case .coverNotInInventory: .coverNotInInventory
        case .changedBySomebodyElse: .changedBySomebodyElse
        case .takenOver: .takenOver
        case .stillHeld: .stillHeld
        case .earlierVersion: .earlierVersion
        }
    }

    /// The resource that it is about, where it names one.
    var resource: String? {
        switch self {
        case .protected(let id), .actionNotAllowed(let id, _), .otherFeed(let id, _), .noControl(let id),
            .maxSuspended(let id, _, _, _), .suspensionsUnknown(let id):
            id
        default: nil
        }
    }

    /// Whether nothing was to be done for what it is about, or nothing need be: it does not make the rest less than it
    /// should be.
    var isExemption: Bool {
        switch self {
        case .protected, .actionNotAllowed, .otherFeed, .nodeOff, .duplicate: true
        case .everyPart(let reasons): reasons.allSatisfy(\.isExemption)
        default: false
        }
    }

    public var isDuplicate: Bool { name == .duplicate }

    /// Why a hint is skipped of which every part was left out.
    static func all(_ parts: [SkipReason]) -> SkipReason { parts.count == 1 ? parts[0] : .everyPart(parts) }
}

extension SkipReason: CustomStringConvertible {
    /// In words an operator can act on.
    public var description: String {
        switch self {
        case .unknownResource(let id): "unknown resource: the inventory has no \"\(id)\""
        case .wrongType(let id, let type): "wrong type: \(id) is a \(type.rawValue) in the inventory"
        case .protected(let id): "protected: the inventory says never to touch \(id)"
        case .actionNotAllowed(let id, let allowed):
            "not allowed: the inventory allows "
                + (allowed.isEmpty ? "nothing" : allowed.map(\.rawValue).joined(separator: ", ")) + " for \(id)"
        case .otherFeed(let id, let feeds): "not on this feed: \(id) is fed by \(feeds.joined(separator: ", "))"
        case .duplicate(let first): "duplicate of hint \(first) of this alert"
        case .noControl(let id): "no control: \(id) has no BMC in the inventory; hint its nodes instead"
        case .noNodes(let id): "no nodes: the inventory has none in \(id)"
        case .maxSuspended(let id, let limit, let nodes, nil):
            "\(id): \(limit) of \(nodes) nodes may be down at once (max_suspended)"
        case .maxSuspended(let id, let limit, let nodes, let elsewhere?):
            "\(id): \(limit) of the site's \(nodes) nodes may be down at once, and \(elsewhere) "
                + "\(elsewhere == 1 ? "is" : "are") in other shards (max_suspended)"
        case .suspensionsUnknown(let id):
            "\(id): how many nodes other shards hold down is not known, so no more go down here (max_suspended)"
        case .everyPart(let reasons): reasons.map(\.description).joined(separator: "; ")
        case .maxUnreachable(let lost, let bmcs):
            "\(lost) of the \(bmcs) BMCs of this plan cannot be reached (max_unreachable)"
        case .nodeOff(let said): "node is off: \(said)"
        case .notInInventory: "the inventory no longer has it"
        case .coverNotInInventory(let node): "was left to the suspend of \(node): \(SkipReason.notInInventory)"
        case .changedBySomebodyElse(let holds, let set, let prior):
            "somebody else changed it: it holds \(holds), we had set \(set) and would have restored \(prior)"
        case .takenOver: "somebody else took it over meanwhile, and it is left to them"
        case .stillHeld(let breaches): AppliedRemark.stillHeld(by: breaches).description
        case .earlierVersion(let text): text
        }
    }
}
