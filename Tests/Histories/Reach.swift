import PowerEvents
import Site

/// Whom a hint is about, by the inventory: what it names, or what is inside where that has no control of its own.
struct Reach {
    let site: Site
    let hint: ShedHint
    let feed: String

    /// The resources whose controls are to satisfy the hint.
    var resources: [Resource] {
        if let group = site.groups[hint.resourceID] {
            let members = site.members(of: group)
            return members.flatMap(inside)
        }
        guard let resource = site.resources[hint.resourceID], resource.type == hint.resourceType else { return [] }
        return inside(resource)
    }

    /// Whether the hint's watts are for all of them together.
    var isBudget: Bool {
        guard hint.action == .powerCap, hint.targetPower != nil else { return false }
        if site.groups[hint.resourceID] != nil { return true }
        return site.resources[hint.resourceID].map { isPlace($0) || isTray($0) } ?? false
    }

    private func inside(_ resource: Resource) -> [Resource] {
        guard mayTouch(resource) else { return [] }
        let isFannedOut = isPlace(resource) || resource.type == .chassis && hint.action == .suspend
        if isFannedOut || isTray(resource) && hint.action != .suspend {
            return site.children(of: resource.id).flatMap(inside)
        }
        return [resource]
    }

    private func mayTouch(_ resource: Resource) -> Bool {
        guard isFeed(resource), !resource.isProtected, resource.allowed.contains(hint.action) else { return false }
        // A machine takes along what is in it.
        return hint.action != .suspend || resource.type != .node
            || !site.contents(of: resource).contains(where: \.isProtected)
    }

    /// Of what comes to resources of all feeds.
    static let anyFeed = "*"

    private func isFeed(_ resource: Resource) -> Bool {
        feed == Self.anyFeed || resource.feeds.map { $0.contains(feed) } ?? true
    }

    /// A rack without a BMC.
    private func isPlace(_ resource: Resource) -> Bool { resource.type == .chassis && resource.bmc == nil }

    private func isTray(_ resource: Resource) -> Bool { HistorySite.trays.contains(resource.id) }
}
