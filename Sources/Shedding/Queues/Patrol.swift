import PowerEvents
import Site

/// Whom the patrol visits next: every BMC once in a while, evenly spread, so that sessions and connections stay warm and
/// it is known before a breach what could be enforced.
struct Patrol: Sendable {
    private let every: Duration?
    /// By BMC, the resources that it is visited for, in turn.
    private var rounds: [BMC.Address: [Resource]] = [:]
    private var addresses: [BMC.Address] = []
    private var seen: Set<String> = []
    private var roundStart: Timestamp?
    private var position = 0
    /// What its looks came to, BMC by BMC.
    private(set) var health: FleetHealth
    /// Resources on which a trouble was seen that may be of their BMC.
    private var suspects: [BMC.Address: String] = [:]

    init(every: Duration?, site: Site) {
        self.every = every
        health = FleetHealth(patrolEvery: every)
        reload(site)
    }

    /// Takes over an inventory; what was learned of resources that stay is kept.
    mutating func reload(_ site: Site) {
        rounds = [:]
        for resource in site.order.compactMap({ site.resources[$0] }) where !resource.isProtected {
            guard let bmc = resource.bmc else { continue }
            rounds[bmc.address, default: []].append(resource)
        }
        addresses = rounds.keys.sorted()
        health.reload(addresses)
        suspects = [:]
        seen.formIntersection(rounds.values.flatMap { $0.map(\.id) })
        position = min(position, addresses.count)
    }

    /// When the next BMC is due; nil where there is no patrol.
    var nextDue: Timestamp? {
        guard let every, !addresses.isEmpty else { return nil }
        guard let roundStart else { return Timestamp(milliseconds: 0) }
        guard position < addresses.count else { return roundStart + max(every, .seconds(1)) }
        return roundStart + every * (Double(position) / Double(addresses.count))
    }

    /// The BMC that is due now. It stays due until ``didSend()``.
    mutating func due(now: Timestamp) -> BMC.Address? {
        guard let due = nextDue, due <= now else { return nil }
        if roundStart == nil || position >= addresses.count {
            roundStart = now
            position = 0
        }
        return addresses[position]
    }

    mutating func didSend() { position += 1 }

    /// The resource to look at now, and whether it was seen before: those never seen first, then one after another.
    mutating func next(at bmc: BMC.Address) -> (resource: Resource, isKnown: Bool)? {
        guard var own = rounds[bmc], !own.isEmpty else { return nil }
        let unseen = own.firstIndex { !seen.contains($0.id) && $0.id != suspects[bmc] }
        let resource = own.remove(at: unseen ?? own.firstIndex { $0.id != suspects[bmc] } ?? 0)
        own.append(resource)
        rounds[bmc] = own
        return (resource, seen.contains(resource.id))
    }

    mutating func didSee(_ resource: String) { seen.insert(resource) }

    /// A look at a BMC has shown a trouble of the whole of it, or none.
    ///
    /// - Parameter resource: that was looked at
    /// - Returns: whether another of its resources is to be looked at at once, to tell whose trouble it is
    @discardableResult
    mutating func didLook(
        at bmc: BMC.Address, _ resource: String?, _ trouble: BMCTrouble?, now: Timestamp
    ) -> Bool {
        guard let own = rounds[bmc] else { return false }
        let suspect = suspects.removeValue(forKey: bmc)
        if let trouble, !trouble.isCertain, let resource, own.count > 1 {
            guard let suspect, suspect != resource else {
                suspects[bmc] = resource
                // What it says is known; one that is refused for good must not be asked without end.
                seen.insert(resource)
                return true
            }
            // Two of its resources are refused: that is the BMC. What was thought of each is found out anew after it.
            seen.subtract(own.map(\.id))
        }
        health.look(at: bmc, trouble, now: now)
        return false
    }

    /// What has changed in the health of BMCs, once it is time to say so.
    mutating func tellHealth(now: Timestamp) -> FleetHealth.News? { health.tell(now: now) }

    /// Whether a BMC has resources that were never seen. A machine is wholly known before it is left.
    func isNew(_ bmc: BMC.Address) -> Bool { rounds[bmc]?.contains { !seen.contains($0.id) } ?? false }
}
