import PowerEvents
import Testing

@testable import Shedding

struct HoldIndexTests {
    private static let one = ControlKey(resource: "n1", facet: .powerLimit)
    private static let two = ControlKey(resource: "n2", facet: .powerLimit)
    private static let three = ControlKey(resource: "n3", facet: .powerLimit)

    private func breach(_ number: UInt8, _ plans: [[ControlKey]]) -> Breach {
        var breach = Breach(
            id: UUIDText(randomBytes: [number]), origin: Fixture.origin, feed: "main-a", isCritical: false,
            openedAt: Fixture.start, holdDown: .zero)
        breach.plans = plans.map { PlannedHint(hint: Fixture.hint("n1"), verdict: .demand(.suspended, of: $0)) }
        return breach
    }

    @Test func whoHoldsWhatByWhichPlan() {
        let (first, second) = (breach(1, [[Self.one], [Self.one, Self.two]]), breach(2, [[Self.one]]))
        var index = HoldIndex()
        index.add(first)
        index.add(second)
        #expect(index[Self.one] == [first.id: [0, 1], second.id: [0]])
        #expect(index[Self.two] == [first.id: [1]] && index[Self.three].isEmpty)
        #expect(index.controlCount(of: first.id) == 2 && index.controlCount(of: second.id) == 1)
        index.remove(first)
        #expect(index[Self.one] == [second.id: [0]])
        #expect(!index.isHeld(Self.two) && index.controlCount(of: first.id) == 0)
        index.remove(second)
        #expect(index.isEmpty && Array(index.controls).isEmpty)
    }

    @Test func aPlanThatMovesIsWhereItMovedTo() {
        let breach = breach(1, [[Self.one], [Self.one, Self.two], [Self.three]])
        var index = HoldIndex()
        index.add(breach)
        index.move(1, of: breach.id, from: [Self.one, Self.two], to: [Self.three])
        #expect(index[Self.one] == [breach.id: [0]] && !index.isHeld(Self.two))
        #expect(index[Self.three] == [breach.id: [1, 2]])
        #expect(index.controlCount(of: breach.id) == 2)
        index.move(0, of: breach.id, from: [Self.one], to: [Self.one])
        #expect(index[Self.one] == [breach.id: [0]] && index.controlCount(of: breach.id) == 2)
    }

    /// However plans move, the index is what a new one over them would be.
    @Test func movingIsTheSameAsAddingAnew() {
        var breach = breach(1, [[Self.one, Self.two], [Self.two], [Self.two, Self.three], []])
        var index = HoldIndex()
        index.add(breach)
        let targets = [[Self.three], [Self.one, Self.three], [], [Self.two]]
        for (position, keys) in targets.enumerated() {
            index.move(position, of: breach.id, from: breach.plans[position].controls, to: keys)
            breach.plans[position].verdict = .demand(.suspended, of: keys)
            var anew = HoldIndex()
            anew.add(breach)
            for key in [Self.one, Self.two, Self.three] { #expect(index[key] == anew[key]) }
            #expect(index.controlCount(of: breach.id) == breach.controls.count)
        }
    }
}
