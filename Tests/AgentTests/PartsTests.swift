import CoreMetrics
import Journal
import PowerEvents
import Shedding
import Testing

@testable import Agent

struct PartsTests {
    let now = Timestamp(milliseconds: 1_800_000_000_000)

    private func alert(_ sequence: Int64, breach: Int, age: Int, status: String = "active") -> InboxAlert {
        InboxAlert(
            sequence: sequence,
            alert: AcceptedAlert(
                eventID: UUIDText(randomBytes: [UInt8(sequence)]), source: "s", time: now - .seconds(age),
                receivedAt: now, trace: nil, correlationID: nil, payload: "{\"status\":\"\(status)\"}",
                breachID: UUIDText(randomBytes: [UInt8(breach)])))
    }

    @Test func freshAlertsAreActedOnAtOnce() {
        var catchUp = CatchUp()
        let isGathered = catchUp.gather(alert(1, breach: 1, age: 5), wall: now, now: now)
        #expect(!isGathered)
        #expect(catchUp.isEmpty)
    }

    @Test func ofABacklogOnlyTheNewestStateCounts() throws {
        var catchUp = CatchUp()
        let backlog = [
            alert(1, breach: 1, age: 500), alert(2, breach: 1, age: 300, status: "resolved"),
            alert(3, breach: 1, age: 400, status: "escalated"), alert(4, breach: 2, age: 200),
            // Fresh, but its breach's past is still coming in.
            alert(5, breach: 2, age: 1, status: "escalated"),
        ]
        for alert in backlog {
            let isGathered = catchUp.gather(alert, wall: now, now: now)
            #expect(isGathered)
        }
        let early = catchUp.drain(now: now + .milliseconds(499))
        #expect(early == nil)
        let late = catchUp.drain(now: now + .milliseconds(500))
        let drained = try #require(late)
        #expect(drained.act.map(\.sequence) == [5, 2])
        #expect(Set(drained.overtaken.map(\.sequence)) == [1, 3, 4])
    }

    @Test func aLaneServesPriorityFirst() {
        var lane = Lane()
        lane.isVisitDue = true
        let key = { (name: String) in ControlKey(resource: name, facet: .powerLimit) }
        lane.add(key("a"), priority: 3)
        lane.add(key("b"), priority: 1)
        lane.add(key("c"), priority: 3)
        lane.add(key("a"), priority: 0)
        var turns: [Lane.Turn] = []
        while let next = lane.next() { turns.append(next) }
        // The patrol comes after everything else, once.
        #expect(
            turns == [
                // What is asked for more urgently while it waits moves up.
                .control(key("a"), priority: 0), .control(key("b"), priority: 1), .control(key("c"), priority: 3),
                .visit,
            ])
        #expect(lane.isEmpty)
    }

    @Test func metricsRenderAsPrometheusText() {
        let registry = PrometheusRegistry(help: ["a_total": "Things."])
        Counter(label: "a_total", dimensions: [("k", "v\"\\\n")], factory: registry).increment(by: 2)
        Gauge(label: "b", dimensions: [], factory: registry).record(1.5)
        Timer(label: "c_seconds", dimensions: [], factory: registry).recordNanoseconds(30_000_000)
        let page = registry.render()
        #expect(page.hasPrefix("# HELP a_total Things.\n# TYPE a_total counter\na_total{k=\"v\\\"\\\\\\n\"} 2\n"))
        #expect(page.contains("# TYPE b gauge\nb 1.5\n"))
        #expect(page.contains("c_seconds_bucket{le=\"0.025\"} 0\nc_seconds_bucket{le=\"0.05\"} 1\n"))
        #expect(page.contains("c_seconds_bucket{le=\"+Inf\"} 1\nc_seconds_sum 0.03\nc_seconds_count 1\n"))
    }
}
