import PowerEvents
import Site
import StrictJSON
import Testing

@testable import Shedding

/// A core whose effects and batches pile up until a test performs them, one by one and in whatever order.
struct CoreWorld {
    var core: Core
    var now = Fixture.start
    var wallOffset = Duration.zero
    var effects: [Effect] = []
    var batches: [Batch] = []
    var facts: [Fact] = []
    /// What became durable of what is to be said.
    var reports: [Report] = []
    /// What became durable of what was done.
    var history: [HistoryEntry] = []
    /// Whether a connection is at rest as soon as that is wanted.
    var restsAtOnce = true
    /// Whether meters answer at once, and show nothing.
    private let metersAtOnce: Bool
    private var sequence: Int64 = 0

    init(
        mode: Mode = .enforce, contents: Core.Contents = Core.Contents(), slots: Int = 16, site: Site = Fixture.site,
        before: [Input] = [], metersAtOnce: Bool = false, _ change: (inout Policy) -> Void = { _ in }
    ) {
        self.metersAtOnce = metersAtOnce
        var policy = Policy()
        policy.step = .percent(100)
        change(&policy)
        core = Core(
            site: site, policy: policy, mode: mode, contents: contents, bounds: Bounds(slots: slots, visits: 4))
        for input in before { step(input) }
        step(.started)
    }

    @discardableResult
    mutating func step(_ input: Input) -> Ready {
        let ready = core.step(input, at: Moment(steady: now, wall: now + wallOffset))
        take(ready.effectsNow)
        batches += ready.batches
        for case .meter(let order) in ready.effectsNow where metersAtOnce { step(.metered(order.id, Sight())) }
        for case .rest(_, let slot) in ready.effectsNow where restsAtOnce { step(.rested(slot)) }
        return ready
    }

    mutating func take(_ new: [Effect]) {
        for effect in new {
            switch effect {
            case .tell(let fact): facts.append(fact)
            case .rest where restsAtOnce: break
            case .meter where metersAtOnce: break
            default: effects.append(effect)
            }
        }
    }

    mutating func alert(_ alert: BreachAlert, source: String = Fixture.origin.source) {
        sequence += 1
        step(
            .alert(
                ReceivedAlert(
                    sequence: sequence, source: source, time: now, receivedAt: now + wallOffset,
                    eventID: Fixture.id(Int(sequence)), mark: PayloadMark(source: source, digest: "\(sequence)"),
                    alert: alert)))
    }

    mutating func pass(_ duration: Duration) {
        now = now + duration
        step(.time)
    }

    /// A turn of metering showed something, whoever asked for it.
    mutating func show(_ sight: Sight) { step(.metered(RunID(number: 0), sight)) }

    /// The disk obeys, or not, for what waits first.
    mutating func commit(_ isDurable: Bool = true) {
        guard !batches.isEmpty else { return }
        let batch = batches.removeFirst()
        reports += batch.records.reports
        history += batch.records.changes.history
        if isDurable { take(batch.effectsAfter) }
        step(isDurable ? .durable(batch.id) : .notDurable(batch.id, reason: "no space"))
    }

    mutating func commitAll() { while !batches.isEmpty { commit() } }

    /// The controls that are to be read, in order.
    var reads: [String] {
        effects.compactMap { if case .read(let order) = $0 { order.entry.key.resource } else { nil } }
    }

    var writes: [String] {
        effects.compactMap { effect in
            guard case .write(let order) = effect, let change = order.changes.first else { return nil }
            return "\(change.entry.key.resource): \(change.write)"
        }
    }

    mutating func answerRead(_ resource: String, _ reading: Reading) throws {
        let index = effects.firstIndex {
            if case .read(let order) = $0 { order.entry.key.resource == resource } else { false }
        }
        let effect = effects.remove(at: try #require(index, "nothing reads \(resource): \(effects)"))
        if case .read(let order) = effect { step(.read(order.id, .success(reading))) }
    }

    mutating func answerWrite(_ resource: String, _ result: Result<Void, BMCFault> = .success(())) throws {
        let index = effects.firstIndex { effect in
            if case .write(let order) = effect { order.changes.first?.entry.key.resource == resource } else { false }
        }
        let effect = effects.remove(at: try #require(index, "nothing writes \(resource): \(effects)"))
        if case .write(let order) = effect { step(.wrote(order.id, order.changes.map { _ in result })) }
    }

    /// Caps one control from the first look to the look at what took.
    mutating func cap(_ resource: String, from prior: Int?, to watts: Int) throws {
        try answerRead(resource, Fixture.limit(prior))
        commitAll()
        try answerWrite(resource)
        try answerRead(resource, Fixture.limit(watts))
        commitAll()
    }
}
