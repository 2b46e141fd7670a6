import FleetSimulator
import PowerEvents
import Synchronization
import TestSupport

/// Every event that was seen on the bus.
final class EventLedger: Sendable {
    private let sightings = Mutex<[EventWatcher.Sighting]>([])

    func add(_ sighting: EventWatcher.Sighting) { sightings.withLock { $0.append(sighting) } }
    var all: [EventWatcher.Sighting] { sightings.withLock { $0 } }
}

/// The agent's process, of which there is one after another.
final class AgentHolder: Sendable {
    private let current = Mutex<ChildProcess?>(nil)

    var child: ChildProcess? { current.withLock { $0 } }
    func set(_ child: ChildProcess) { current.withLock { $0 = child } }
}

extension EventLedger {
    /// The latest report of a breach.
    func latest(_ breach: UUIDText, _ action: Enforcement.Action) -> Enforcement? {
        all.last { $0.enforcement?.breachID == breach && $0.enforcement?.action == action }?.enforcement
    }
}

extension Enforcement {
    func result(of resource: String) -> EnforcementResult? { results.first { $0.resourceID == resource } }
}
