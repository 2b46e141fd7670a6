import PowerEvents
import Shedding
import Testing

struct PlannerTests {
    private func plan(_ hints: [ShedHint], feed: String = "main-a", change: (inout Policy) -> Void = { _ in })
        -> [PlannedHint]
    {
        var policy = Policy()
        change(&policy)
        return Planner(site: Fixture.site, policy: policy).plan(hints, feed: feed)
    }

    private func reason(_ plan: PlannedHint) -> SkipReason? {
        if case .skipped(let reason) = plan.verdict { reason } else { nil }
    }

    @Test func noHintsMeanNothingToDo() { #expect(plan([]).isEmpty) }

    @Test func skipsWhatMayNotBeTouched() {
        let plans = plan([
            Fixture.hint("nobody"), Fixture.hint("N1"), Fixture.hint("login"), Fixture.hint("store", .throttle),
            Fixture.hint("n1", type: .gpu), Fixture.hint("other"), Fixture.hint("n1"), Fixture.hint("n1"),
            Fixture.hint("hgx", .suspend),
        ])
        #expect(
            plans.map(reason) == [
                .unknownResource("nobody"), .unknownResource("N1"), .protected("login"),
                .actionNotAllowed("store", allowed: [.powerCap]), .wrongType("n1", .node),
                .otherFeed("other", feeds: ["main-b"]), nil, .duplicate(ofHint: 7), .noNodes(in: "hgx"),
            ])
    }

    @Test func anAliasIsTheSameResource() {
        let plans = plan([Fixture.hint("other"), Fixture.hint("OTHER")], feed: "main-b")
        #expect(plans[0].controls.map(\.resource) == ["other"])
        #expect(reason(plans[1]) == .duplicate(ofHint: 1))
    }

    @Test func twoActionsOnOneResourceAreNoDuplicates() {
        let plans = plan([Fixture.hint("n1", watts: 600), Fixture.hint("n1", .suspend, priority: 3)])
        #expect(plans.allSatisfy { reason($0) == nil })
    }

    @Test func actionsBecomeDemands() {
        let plans = plan([
            Fixture.hint("n1", watts: 600), Fixture.hint("n2"), Fixture.hint("n3", .throttle),
            Fixture.hint("n4-gpu0", .suspend), Fixture.hint("rack", .throttle),
        ])
        #expect(plans[0].demand == .cap(Watts(600)))
        #expect(plans[1].demand == .capToShare(.percent(60)))
        #expect(plans[2].demand == .capToShare(.percent(60)))
        #expect(plans[3].demand == .capToMinimum)
        // A rack has no BMC; its nodes are throttled, but for the one that may not be.
        #expect(plans[4].controls.count == 8)
        #expect(plans[4].exceptions.count == 2)
    }

    @Test func suspendsNoMoreThanAllowedAndThoseFirstThatAreFirst() {
        // 11 nodes, 10%: rounded up to 2.
        let plans = plan([
            Fixture.hint("n1", .suspend, priority: 3), Fixture.hint("n2", .suspend, priority: 1),
            Fixture.hint("n3", .suspend, priority: 2),
        ])
        #expect(reason(plans[0]) == .maxSuspended("n1", limit: 2, nodes: 11))
        #expect(plans[1].demand == .suspended)
        #expect(plans[2].demand == .suspended)
    }

    @Test func aChassisSuspendsItsNodesAsFarAsAllowed() {
        let plans = plan([Fixture.hint("rack", .suspend)]) { $0.maxSuspended = .percent(100) }
        #expect(plans[0].controls.count == 8)
        #expect(plans[0].exceptions.count == 2)
        let few = plan([Fixture.hint("rack", .suspend)])
        #expect(few[0].controls.count == 2)
        #expect(few[0].exceptions.count == 8)
    }

    @Test func innerHintsAreLeftToASuspendOfTheSameOrAnEarlierTurn() {
        let plans = plan([
            Fixture.hint("n1", .suspend, priority: 2), Fixture.hint("n1-gpu0", priority: 2, watts: 300),
            Fixture.hint("n1-gpu1", priority: 1, watts: 300), Fixture.hint("n2-gpu0", priority: 2, watts: 300),
        ])
        if case .covered(let cover, _, _) = plans[1].verdict {
            #expect(cover.description == "n1/power_state")
        } else {
            Issue.record("not covered")
        }
        #expect(plans[2].demand == .cap(Watts(300)))
        if case .covered = plans[2].verdict { Issue.record("it comes first and must not wait") }
        if case .covered = plans[3].verdict { Issue.record("another node") }
    }
}
