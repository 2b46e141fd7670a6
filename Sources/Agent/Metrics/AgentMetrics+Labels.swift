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
        static let names = ["code", "action"]
        let code: EnforcementResult.Code
        let action: Enforcement.Action
        var values: [String] { [code.rawValue, action.rawValue] }
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
