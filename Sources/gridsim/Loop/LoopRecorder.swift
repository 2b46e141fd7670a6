import EventBus
import FleetSimulator
import Foundation
import GridSimulator
import JOSE
import Logging
import Mosquitto
import PowerEvents
import StrictJSON
import Synchronization

/// Listens to the whole bus and keeps every message as it was on the wire; samples the feeds.
final class LoopRecorder: Sendable {
    private struct State {
        var record: LoopRecord
        var judge: ConformanceJudge
        let file: FileHandle
    }

    private let state: Mutex<State>
    private let bus: Mutex<BusConnection?> = Mutex(nil)
    let eventsPath: String

    init(_ stage: LoopStage, output: URL) throws {
        let url = output.appendingPathComponent("events.jsonl")
        eventsPath = url.path
        _ = FileManager.default.createFile(atPath: url.path, contents: nil)
        state = Mutex(
            State(
                record: LoopRecord(start: .now, feeds: stage.scenario.feeds),
                judge: ConformanceJudge(.init(role: nil, keys: stage.keys)), file: try FileHandle(forWritingTo: url)))
        var options = try stage.bus
        // A session of its own, so that nothing is missed while the broker is away.
        options.clientID = "loop-recorder"
        options.topics = ["grid/v1/#"]
        options.subscribeQoS = 2
        let connection = try BusConnection(
            options, logger: BusArguments.logger,
            onMessage: { [self] message in
                take(message)
                return true
            })
        bus.withLock { $0 = connection }
    }

    func start() { bus.withLock { $0 }?.start() }
    func stop() {
        bus.withLock { $0 }?.stop()
        state.withLock { try? $0.file.close() }
    }
    var isConnected: Bool { bus.withLock { $0 }?.isConnected ?? false }

    private func take(_ message: MQTTMessage) {
        let now = Timestamp.now
        let captured = CapturedMessage(
            time: now, topic: message.topic, payload: String(decoding: message.payload, as: UTF8.self),
            qos: message.qos,
            retained: message.retained)
        state.withLock { state in
            try? state.file.write(contentsOf: Data((captured.line + "\n").utf8))
            state.judge.take(captured)
            guard let event = try? CloudEvent(decoding: message.payload) else { return }
            let payload: JSONValue?
            switch event.data {
            case .unsigned(let value): payload = value
            case .signed(let token):
                payload = JWS.unverifiedPayload(token)
                    .flatMap { try? JSONValue(parsing: $0) }
            }
            guard let payload else { return }
            state.record.take(event.type, payload, correlationID: event.correlationID, at: now)
        }
    }

    func sample(_ fleet: SimulatedFleet) {
        let (powers, demand) = (fleet.power.feeds, fleet.demand.feeds)
        state.withLock { $0.record.sample(powers, demand: demand, at: .now) }
    }

    func incident(_ label: String) { state.withLock { $0.record.incident(label, at: .now) } }

    var record: LoopRecord { state.withLock { $0.record } }

    /// What a judge of the contract says to all of it.
    func report() -> ConformanceReport {
        state.withLock { state in
            var judge = state.judge
            return judge.finish()
        }
    }
}
