import CommandLineTool
import FleetSimulator
import PowerEvents

/// Waits for the enforcement event that ends a chapter: everything settled, nothing in progress.
struct EventInbox {
    private let watcher: EventWatcher

    init(_ watcher: EventWatcher) { self.watcher = watcher }

    func await(_ action: Enforcement.Action) async throws -> EventWatcher.Sighting {
        for await sighting in watcher.sightings {
            guard let enforcement = sighting.enforcement, enforcement.action == action,
                enforcement.diagnosticMessage?.contains("in progress") != true
            else { continue }
            return sighting
        }
        throw Failure("the events ended")
    }
}
