import PowerEvents
import Testing

@testable import Shedding

struct ChangeLogTests {
    private static let key = ControlKey(resource: "n1", facet: .powerLimit)

    private func breach() -> Breach {
        var breach = Breach(
            id: UUIDText(randomBytes: [1]), origin: Fixture.origin, feed: "main-a", isCritical: false,
            openedAt: Fixture.start, holdDown: .zero)
        breach.plans = [PlannedHint(hint: Fixture.hint("n1"), verdict: .demand(.suspended, of: [Self.key]))]
        return breach
    }

    private func take(_ log: inout ChangeLog, _ breaches: Breach...) -> Changes {
        log.take(
            breaches: Dictionary(uniqueKeysWithValues: breaches.map { ($0.id, $0) }), controls: [:], freezes: [])
    }

    @Test func aBreachIsWrittenWholeOnceAndThenAsLittleAsChanged() {
        var (log, breach) = (ChangeLog(), breach())
        log.touch(breach.id)
        #expect(take(&log, breach).breaches == [breach])
        #expect(take(&log, breach).isEmpty)
        log.touch(breach.id)
        var changes = take(&log, breach)
        #expect(changes.breaches.isEmpty && changes.states == [breach.withoutPlans])
        breach.replacePlan(at: 0, with: PlannedHint(hint: Fixture.hint("n1"), verdict: .skipped(.protected("n1"))))
        log.touch(plan: 0, of: breach.id)
        changes = take(&log, breach)
        #expect(changes.breaches.isEmpty && changes.states.isEmpty && changes.plans.map(\.plan) == breach.plans)
        breach.released = [Self.key]
        log.touch(breach.id)
        #expect(take(&log, breach).letGo.map(\.control) == [Self.key])
        log.touch(breach.id)
        #expect(take(&log, breach).letGo.isEmpty)
        breach.plans = []
        log.touch(breach.id)
        #expect(take(&log, breach).breaches == [breach])
    }

    @Test func whatTheJournalHasIsNotWrittenAgain() {
        let breach = breach()
        var log = ChangeLog([breach])
        log.touch(breach.id)
        let changes = take(&log, breach)
        #expect(changes.breaches.isEmpty && changes.states.count == 1)
    }

    @Test func whatWasRemovedIsNotWritten() {
        let breach = breach()
        var log = ChangeLog([breach])
        log.touch(breach.id)
        log.touch(plan: 0, of: breach.id)
        log.remove(breach.id)
        log.touch(Self.key)
        log.remove(Self.key)
        let changes = take(&log)
        #expect(changes.removedBreaches == [breach.id] && changes.removedControls == [Self.key])
        #expect(changes.breaches.isEmpty && changes.states.isEmpty && changes.plans.isEmpty)
        // And one that comes again is.
        log.remove(Self.key)
        log.touch(Self.key)
        #expect(take(&log).removedControls.isEmpty)
    }

    @Test func aFreezeIsWrittenOnlyWhereItChanged() {
        var log = ChangeLog()
        #expect(take(&log).freezes == nil)
        log.touchFreeze()
        #expect(take(&log).freezes == [])
        #expect(take(&log).freezes == nil)
    }
}
