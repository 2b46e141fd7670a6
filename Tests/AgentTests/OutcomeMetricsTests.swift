import PowerEvents
import Shedding
import Testing

@testable import Agent

/// Ends of attempts and hints that are skipped are counted by the names of their reasons.
struct OutcomeMetricsTests {
    @Test func everyFailureHasASeriesFromTheStart() {
        let page = AgentMetrics().page
        for action in ["applied", "reverted"] {
            #expect(page.contains("ima_outcomes_total{code=\"applied\",action=\"\(action)\"} 0\n"))
            for reason in FailureReason.Name.allCases {
                let labels = "code=\"failed\",action=\"\(action)\",reason=\"\(reason.rawValue)\""
                #expect(page.contains("ima_outcomes_total{\(labels)} 0\n"))
            }
        }
    }

    @Test func outcomesAreCountedByReason() {
        let metrics = AgentMetrics()
        metrics.count(.failed(.bmc(.circuitOpen, "one text", retries: 0)), of: .applied)
        metrics.count(.failed(.bmc(.circuitOpen, "another text", retries: 3)), of: .applied)
        metrics.count(.skipped(.nodeOff("x")), of: .applied)
        metrics.count(.applied(.nothingChanged), of: .reverted)
        let page = metrics.page
        #expect(page.contains("ima_outcomes_total{code=\"failed\",action=\"applied\",reason=\"circuit_open\"} 2\n"))
        #expect(page.contains("ima_outcomes_total{code=\"skipped\",action=\"applied\",reason=\"node_off\"} 1\n"))
        #expect(page.contains("ima_outcomes_total{code=\"applied\",action=\"reverted\"} 1\n"))
    }

    @Test func skippedHintsAreCountedByReason() {
        let metrics = AgentMetrics()
        let hint = ShedHint(resourceID: "n", resourceType: .node, action: .suspend, priority: 1)
        let verdicts: [PlannedHint.Verdict] = [
            .skipped(.unknownResource("a")), .skipped(.unknownResource("b")), .skipped(.protected("c")),
            .demand(.suspended, of: []),
        ]
        metrics.countSkipped(verdicts.map { PlannedHint(hint: hint, verdict: $0) })
        let page = metrics.page
        #expect(page.contains("ima_hints_skipped_total{reason=\"unknown_resource\"} 2\n"))
        #expect(page.contains("ima_hints_skipped_total{reason=\"protected\"} 1\n"))
        #expect(page.contains("ima_hints_skipped_total{reason=\"duplicate\"} 0\n"))
    }
}
