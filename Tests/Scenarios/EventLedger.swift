import FleetSimulator
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
