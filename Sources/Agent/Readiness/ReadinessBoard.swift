import Logging
import PowerEvents
import Shedding
import Site
import Synchronization

/// What the patrol knows of each resource now.
final class ReadinessBoard: Sendable {
    private struct State {
        var readiness: Readiness
        var news: ReadinessNews
    }

    private let state: Mutex<State>
    private let logger: Logger
    private let now: @Sendable () -> Timestamp

    /// - Parameters:
    ///   - round: how often the patrol comes to each BMC
    ///   - now: on the clock that is never set
    init(_ site: Site, round: Duration?, logger: Logger, now: @escaping @Sendable () -> Timestamp) {
        self.logger = logger
        self.now = now
        state = Mutex(State(readiness: Readiness(site), news: ReadinessNews(round: round)))
    }

    var value: Readiness { state.withLock { $0.readiness } }

    func enforceable(_ health: FleetHealth) -> Int { state.withLock { $0.readiness.enforceable(health) } }

    func assessment(of resource: String) -> Assessment? { state.withLock { $0.readiness.assessments[resource] } }

    /// Takes over an inventory; what was learned of resources that stay is kept.
    func reload(_ site: Site) { state.withLock { $0.readiness.reload(site) } }

    func take(_ assessment: Assessment) {
        let now = now()
        state.withLock { state in
            let before = state.readiness.take(assessment)
            // The trouble of a whole BMC is told as that.
            guard before?.isEnforceable != assessment.isEnforceable, assessment.trouble?.isCertain != true else {
                return
            }
            let objection = assessment.isEnforceable ? nil : assessment.objection
            state.news.add(assessment.resource, objection, now: now)
        }
    }

    /// Logs what has changed, once it is time to. To be called now and then.
    func tell(now: Timestamp) {
        for (objection, resources) in state.withLock({ $0.news.take(now: now) }) {
            var metadata: Logger.Metadata = [
                "resources": "\(NameList.text(resources))", "count": "\(resources.count)",
            ]
            guard let objection else {
                logger.info("enforceable", metadata: metadata)
                continue
            }
            metadata["reason"] = "\(objection)"
            logger.warning("not enforceable now", metadata: metadata)
        }
    }
}
