import PowerEvents
import Shedding
import Testing

/// The words in which known histories are written.
protocol HistoryWords {}

extension HistoryWords {
    func hint(_ name: String, _ action: ShedAction, _ watts: Int? = nil, priority: Int = 1) -> ShedHint {
        ShedHint(
            resourceID: name,
            resourceType: ["rack", "n1-board", "trays", "mixed", "row"].contains(name)
                ? .chassis : name.contains("gpu") ? .gpu : .node,
            action: action, priority: priority,
            targetPower: watts.map { PowerQuantity(watts: Watts($0), unit: .watt) })
    }

    func active(_ breach: Int, critical: Bool = false, _ hints: [ShedHint], late: Int = 0) -> HistoryStep {
        .alert(breach: breach, .active, isCritical: critical, hints, .init(copies: 1, delay: late))
    }

    func resolved(_ breach: Int, late: Int = 0) -> HistoryStep {
        .alert(breach: breach, .resolved, isCritical: false, [], .init(copies: 1, delay: late))
    }

    /// Lives through a history with several latencies and rules, which both come from the seed.
    func expectWell(
        seeds: some Sequence<UInt64>, trays: Bool = false, members: Int = 0, shards: Bool = false,
        _ moments: [(Int, HistoryStep)],
        _ location: SourceLocation = #_sourceLocation
    ) {
        for seed in seeds {
            // Time for the last moment to come to its effect.
            let last = History.Moment(after: 3000, step: .fault(node: "login", .lagging, seconds: 1))
            let run = HistoryRun(
                History(
                    seed: seed, moments: moments.map { History.Moment(after: $0.0, step: $0.1) } + [last],
                    hasTrays: trays, members: members, hasShards: shards))
            #expect(run.violation == nil, "\(run.table)", sourceLocation: location)
        }
    }
}
