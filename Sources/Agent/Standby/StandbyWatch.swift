import Logging
import Prometheus
import Replication
import ServiceLifecycle

/// Shows how the agents and their etcd stand, and says aloud what changes of it.
struct StandbyWatch: Service {
    let status: @Sendable () -> ReplicationStatus
    let metrics: StandbyMetrics
    let logger: Logger

    private static let period = Duration.milliseconds(500)

    func run() async throws {
        try? await cancelWhenGracefulShutdown { try await watch() }
    }

    private func watch() async throws {
        var known: ReplicationStatus?
        while true {
            let status = status()
            metrics.show(status)
            tell(status, after: known)
            known = status
            try await Task.sleep(for: Self.period)
        }
    }

    private func tell(_ status: ReplicationStatus, after known: ReplicationStatus?) {
        if status.trouble != known?.trouble {
            if let trouble = status.trouble {
                if status.role == .follower {
                    logger.critical("this standby could not take over now", metadata: ["reason": "\(trouble)"])
                } else {
                    logger.critical(
                        "nothing is written to any BMC and nothing is released until etcd answers again",
                        metadata: ["reason": "\(trouble)"])
                }
            } else if known != nil {
                logger.notice("etcd and the shared journal are in order again")
            }
        }
        if status.role == .follower, status.leader != known?.leader, let leader = status.leader {
            logger.notice("this agent is a standby", metadata: ["leader": "\(leader)", "entry": "\(status.applied)"])
        }
        // One without a reason was not asked yet.
        for endpoint in status.endpoints where endpoint.isHealthy || endpoint.trouble != nil {
            let before = known?.endpoints.first { $0.url == endpoint.url }
            let wasWell = before.map { $0.isHealthy || $0.trouble == nil } ?? true
            guard wasWell != endpoint.isHealthy else { continue }
            if endpoint.isHealthy {
                logger.notice("a member of etcd answers again", metadata: ["endpoint": "\(endpoint.url)"])
            } else {
                logger.warning(
                    "a member of etcd does not answer",
                    metadata: ["endpoint": "\(endpoint.url)", "reason": "\(endpoint.trouble ?? "unknown")"])
            }
        }
    }
}
