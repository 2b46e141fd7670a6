import EventBus
import FleetSimulator
import PowerEvents

/// Who takes part in the demonstration beside the agent: the power agent, and somebody who listens to what is answered.
struct DemoParties {
    let powerAgent: SimulatedPowerAgent
    private let watcher: EventWatcher
    let inbox: EventInbox

    /// Connects both to the stage's broker, which is up.
    init(_ stage: DemoStage) async throws {
        watcher = try EventWatcher(
            stage.options(topics: [Topic.filter(.enforcement)]), keys: stage.agentKeys, logger: BusArguments.logger)
        powerAgent = try SimulatedPowerAgent(
            source: DemoStage.source, key: stage.powerAgentKey, bus: stage.bus, logger: BusArguments.logger)
        watcher.start()
        powerAgent.start()
        while !watcher.isConnected || !powerAgent.isConnected { try await Task.sleep(for: .milliseconds(20)) }
        inbox = EventInbox(watcher)
    }

    /// Every event that is seen, until the end.
    var sightings: AsyncStream<EventWatcher.Sighting> { watcher.sightings }

    func stop() {
        watcher.stop()
        powerAgent.stop()
    }
}
