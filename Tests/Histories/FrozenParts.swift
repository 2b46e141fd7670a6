import PowerEvents
import Shedding
import Site

/// What operators have frozen, as a model keeps it: by resource, without ranges, folding or coverage.
struct FrozenParts: Sendable {
    private struct Part: Sendable {
        /// nil is everything.
        let name: String?
        /// What it came to at any time since.
        var resources: Set<String>
        var until: Timestamp?
        let duration: Duration?
        var thawed: Set<String> = []
    }

    private var parts: [Part] = []

    var isEmpty: Bool { parts.isEmpty }

    mutating func heard(_ freeze: Freeze, at site: Site) {
        let name = freeze.scope?.selection.names.first
        // Of one operator, the latest word for the same counts.
        parts.removeAll { $0.name == name }
        parts.append(
            Part(
                name: name, resources: Self.resources(name, at: site), until: freeze.until,
                duration: freeze.until.map { $0 - freeze.since }))
    }

    mutating func heard(thaw name: String?, at site: Site) {
        guard let name else {
            parts = []
            return
        }
        let thawed = Self.resources(name, at: site)
        parts.removeAll { $0.name == name }
        for index in parts.indices { parts[index].thawed.formUnion(thawed) }
    }

    mutating func reload(_ site: Site) {
        for index in parts.indices { parts[index].resources.formUnion(Self.resources(parts[index].name, at: site)) }
    }

    /// A process starts, by a clock that may have been set.
    mutating func restart(_ now: Timestamp) {
        for index in parts.indices {
            guard let until = parts[index].until, let duration = parts[index].duration else { continue }
            parts[index].until = min(until, now + duration)
        }
    }

    /// - Parameter now: by the agent's own clock
    mutating func pass(_ now: Timestamp) { parts.removeAll { $0.until.map { $0 <= now } ?? false } }

    func contains(_ resource: String) -> Bool {
        parts.contains { part in
            !part.thawed.contains(resource) && (part.name == nil || part.resources.contains(resource))
        }
    }

    private static func resources(_ name: String?, at site: Site) -> Set<String> {
        guard let name else { return [] }
        var found: Set<String> = []
        for resource in site.resources.values {
            let chain = [resource.id] + site.enclosing(resource).map(\.id)
            if chain.contains(name) || resource.feeds?.contains(name) == true { found.insert(resource.id) }
        }
        return found
    }
}
