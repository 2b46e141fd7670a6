import Logging
import Site
import Synchronization

/// What the patrol knows of each resource now.
final class ReadinessBoard: Sendable {
    private let readiness: Mutex<Readiness>
    private let logger: Logger

    init(_ site: Site, logger: Logger) {
        self.logger = logger
        readiness = Mutex(Readiness(site))
    }

    var value: Readiness { readiness.withLock { $0 } }

    var enforceable: Int { readiness.withLock { $0.enforceable } }

    func assessment(of resource: String) -> Assessment? { readiness.withLock { $0.assessments[resource] } }

    /// The GPUs of a node that may be touched.
    func gpus(of node: String) -> [Resource] { readiness.withLock { $0.gpus[node] ?? [] } }

    /// Takes over an inventory; what was learned of resources that stay is kept.
    func reload(_ site: Site) { readiness.withLock { $0.reload(site) } }

    func take(_ assessment: Assessment) {
        let before = readiness.withLock { $0.take(assessment) }
        if before?.isEnforceable != assessment.isEnforceable { log(assessment) }
    }

    private func log(_ assessment: Assessment) {
        if assessment.isEnforceable {
            logger.info("enforceable", metadata: ["resource": "\(assessment.resource)"])
        } else {
            logger.warning(
                "not enforceable now",
                metadata: [
                    "resource": "\(assessment.resource)", "bmc": "\(assessment.bmc?.address.description ?? "")",
                    "reason": "\(assessment.objections.joined(separator: "; "))",
                ])
        }
    }
}
