import Curl
import PowerEvents
import Prometheus

extension AgentMetrics {
    struct AlertStatus: MetricLabels {
        static let names = ["status"]
        let status: BreachAlert.Status
        var values: [String] { [status.rawValue] }
    }

    struct Refused: MetricLabels {
        static let names = ["reason"]
        /// The name of a ``RefusalReason``.
        let reason: String
        var values: [String] { [reason] }
    }

    struct Attempt: MetricLabels {
        static let names = ["code", "action", "reason"]
        let code: EnforcementResult.Code
        let action: Enforcement.Action
        /// Of what failed or was skipped; empty otherwise, which Prometheus takes for no label.
        var reason = ""
        var values: [String] { [code.rawValue, action.rawValue, reason] }

        /// Those that are shown from the start.
        static let expected = Enforcement.Action.allCases.flatMap { action in
            [Attempt(code: .applied, action: action)]
                + FailureReason.Name.allCases.map { Attempt(code: .failed, action: action, reason: $0.rawValue) }
                + [SkipReason.Name.nodeOff, .changedBySomebodyElse].map {
                    Attempt(code: .skipped, action: action, reason: $0.rawValue)
                }
        }
    }

    struct Skipped: MetricLabels {
        static let names = ["reason"]
        let reason: SkipReason.Name
        var values: [String] { [reason.rawValue] }
    }

    struct RedfishMethod: MetricLabels {
        static let names = ["method"]
        let method: HTTPRequest.Method
        var values: [String] { [method.rawValue] }
    }

    struct RedfishAnswer: MetricLabels {
        static let names = ["method", "status"]
        let method: HTTPRequest.Method
        /// 0 is no answer.
        let status: Int
        var values: [String] { [method.rawValue, "\(status)"] }
    }
}
