import Curl
import Journal
import Prometheus
import Shedding
import StrictJSON
import Synchronization

/// What readiness is made of: the broker subscribed, the journal open, the inventory loaded.
final class Health: Sendable {
    private let brokerReady = Atomic<Bool>(false)
    /// nil while no BMC is spoken to.
    private let pool: HTTPClientPool?
    private let store: any Store
    private let metrics: AgentMetrics
    private let standby: StandbyMetrics?
    private let process = ProcessMetrics()

    init(pool: HTTPClientPool?, store: any Store, metrics: AgentMetrics, standby: StandbyMetrics? = nil) {
        self.pool = pool
        self.store = store
        self.metrics = metrics
        self.standby = standby
        setBroker(ready: false)
    }

    func setBroker(ready: Bool) {
        brokerReady.store(ready, ordering: .relaxed)
        metrics.brokerReady.set(ready)
    }

    var isReady: Bool { brokerReady.load(ordering: .relaxed) }

    /// Brings the gauges up to date that are asked for rather than told.
    private func refresh() {
        if let depth = pool?.queueDepth {
            metrics.redfishInFlight.set(depth.inFlight)
            metrics.redfishQueueDepth.set(depth.waiting)
        }
        metrics.journalFailing.set(store.failure != nil)
        process.refresh()
        let effort = store.effort
        metrics.journalTime.advance(to: effort.spent / .seconds(1))
        metrics.journalProcessorTime.advance(to: effort.processor / .seconds(1))
        metrics.journalTransactions.advance(to: Double(effort.transactions))
    }

    /// What Prometheus scrapes, as it is now.
    var page: String {
        refresh()
        return PrometheusText(metrics.all + (standby?.all ?? []) + process.all).page
    }

    func json(_ status: StatusSnapshot) -> JSONValue {
        let json: JSONValue = [
            "broker": isReady ? "subscribed" : "not subscribed",
            "journal": status.journalFailure.map(JSONValue.string) ?? "open",
            "inventory": .string("\(status.resources) resources"), "frozen": .bool(!status.freezes.isEmpty),
            "freezes": FreezeAnswer.json(status.freezes, controls: status.frozenControls),
            "awaiting_resume": status.confirmation.map { .string($0.reason) } ?? .null,
            "patrol": status.readiness.json(status.health), "bmcs": status.bmcs,
        ]
        guard let standby = status.standby, var object = json.object else { return json }
        object["standby"] = standby
        return .object(object)
    }
}
