import Curl
import PowerEvents
import Prometheus
import Shedding

extension AgentMetrics {
    struct AlertStatus: MetricLabels {
        static let names = ["status"]
        let status: BreachAlert.Status
        var values: [String] { [status.rawValue] }
    }

    struct PeoplesAction: MetricLabels {
        static let names = ["action"]
        let action: BreachAlert.InfrastructureAction
        var values: [String] { [action.rawValue] }
    }

    /// Which of the three numbers, of which feed.
    struct Shed: MetricLabels {
        enum Kind: String, CaseIterable {
            case asked, confirmed, measured
        }

        static let names = ["kind", "feed"]
        let kind: Kind
        let feed: String
        var values: [String] { [kind.rawValue, feed] }
    }

    struct OfFeed: MetricLabels {
        static let names = ["feed"]
        let feed: String
        var values: [String] { [feed] }
    }

    struct ModeLabels: MetricLabels {
        static let names = ["mode"]
        let mode: Mode
        var values: [String] { [mode.rawValue] }
    }

    struct BMCState: MetricLabels {
        static let names = ["state"]
        let state: BMCHealth.State
        var values: [String] { [state.rawValue] }
    }

    struct StandbyRole: MetricLabels {
        enum Role: String, CaseIterable {
            case leader, standby
        }

        static let names = ["role"]
        let role: Role
        var values: [String] { [role.rawValue] }
    }

    struct Refused: MetricLabels {
        static let names = ["reason"]
        let reason: RefusalReason
        var values: [String] { [reason.rawValue] }
    }

    struct Attempt: MetricLabels {
        static let names = ["code", "action", "reason"]
        let code: EnforcementResult.Code
        let action: Enforcement.Action
        /// The name of a `FailureReason` or `SkipReason`; nil where it was applied.
        let reason: String?
        var values: [String] { [code.rawValue, action.rawValue, reason ?? ""] }

        /// Those that an attempt on a control can end with.
        static var known: [Attempt] {
            Enforcement.Action.allCases.flatMap { action in
                [Attempt(code: .applied, action: action, reason: nil)]
                    + FailureReason.Name.allCases.map { Attempt(code: .failed, action: action, reason: $0.rawValue) }
                    + [SkipReason.Name.nodeOff, .changedBySomebodyElse].map {
                        Attempt(code: .skipped, action: action, reason: $0.rawValue)
                    }
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
