import OperatorAPI
import PowerEvents
import Prometheus
import StrictJSON
import Synchronization

/// Which configuration is in force, and what became of the latest try to change it.
final class ConfigurationState: Sendable {
    private struct State {
        /// Configurations that were in force in this process, the present one included.
        var generation = 1
        var since: Timestamp
        var lastTry: Timestamp
        var errors: [String] = []
        var needsRestart: [String] = []
        var keyFilesLost: [String] = []
    }

    private let state: Mutex<State>
    private let metrics: AgentMetrics

    init(startedAt: Timestamp, metrics: AgentMetrics) {
        state = Mutex(State(since: startedAt, lastTry: startedAt))
        self.metrics = metrics
        show()
    }

    /// Goes on from an earlier part of the same process.
    init(from earlier: ConfigurationState, metrics: AgentMetrics) {
        state = Mutex(earlier.state.withLock { $0 })
        self.metrics = metrics
        show()
    }

    var generation: Int { state.withLock { $0.generation } }

    func succeeded(at now: Timestamp, needsRestart: [String]) {
        state.withLock { state in
            state.generation += 1
            state.since = now
            state.lastTry = now
            state.errors = []
            state.needsRestart = needsRestart
        }
        show()
    }

    func failed(at now: Timestamp, _ errors: [String]) {
        state.withLock { state in
            state.lastTry = now
            state.errors = errors
        }
        show()
    }

    /// Key files whose last keys count only because the process still runs.
    func lost(keyFiles: [String]) { state.withLock { $0.keyFilesLost = keyFiles } }

    private func show() {
        let now = state.withLock { $0 }
        metrics.configurationSuccessful.set(now.errors.isEmpty)
        metrics.configurationTime.series.set(Double(now.since.milliseconds) / 1000)
        metrics.configurationGeneration.set(now.generation)
    }

    /// For `ima status --json` and the page.
    var json: JSONValue {
        let now = state.withLock { $0 }
        return [
            "generation": .number(JSONNumber(now.generation)), "since": .string(now.since.description),
            "last_reload": .string(now.lastTry.description), "successful": .bool(now.errors.isEmpty),
            "errors": .array(now.errors.map(JSONValue.string)),
            "needs_restart": .array(now.needsRestart.map(JSONValue.string)),
            "key_files_lost": .array(now.keyFilesLost.map(JSONValue.string)),
        ]
    }
}
