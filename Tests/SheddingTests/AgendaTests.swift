import PowerEvents
import Testing

@testable import Shedding

struct AgendaTests {
    private static let key = ControlKey(resource: "n1", facet: .powerLimit)
    private static let other = ControlKey(resource: "n2", facet: .powerLimit)
    private static let start = Timestamp(milliseconds: 1_000_050)

    @Test func nothingIsDueTooEarlyOrTwice() {
        var agenda = Agenda()
        agenda.set(Self.other, at: Self.start + .seconds(30))
        agenda.set(Self.key, at: Self.start + .milliseconds(20))
        #expect(agenda.next == Self.start + .milliseconds(20))
        #expect(agenda.takeDue(Self.start) == [])
        #expect(agenda.takeDue(Self.start + .milliseconds(20)) == [Self.key])
        #expect(agenda.takeDue(Self.start + .seconds(1)) == [])
        #expect(agenda.next == Self.start + .seconds(30))
        // Also where nobody asked in time.
        #expect(agenda.takeDue(Self.start + .seconds(300)) == [Self.other])
        #expect(agenda.next == nil)
    }

    @Test func whatChangedItsTimeIsDueAtTheNewOneOnly() {
        var agenda = Agenda()
        agenda.set(Self.key, at: Self.start + .seconds(1))
        agenda.set(Self.key, at: Self.start + .seconds(5))
        #expect(agenda.next == Self.start + .seconds(5))
        #expect(agenda.takeDue(Self.start + .seconds(2)) == [])
        // Sooner than it was, and back to a time that it had before.
        agenda.set(Self.key, at: Self.start + .seconds(3))
        agenda.set(Self.key, at: Self.start + .seconds(5))
        #expect(agenda.takeDue(Self.start + .seconds(5)) == [Self.key])
        #expect(agenda.takeDue(Self.start + .seconds(9)) == [])
        agenda.set(Self.key, at: Self.start + .seconds(6))
        agenda.remove(Self.key)
        #expect(agenda.next == nil && agenda[Self.key] == nil)
        #expect(agenda.takeDue(Self.start + .seconds(9)) == [])
    }

    /// Against a plain dictionary, with everything done in every order.
    @Test(arguments: 1...20) func theNextIsAlwaysTheEarliest(seed: UInt64) {
        var state = seed
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        var agenda = Agenda()
        var plain: [ControlKey: Timestamp] = [:]
        var now = Self.start
        for _ in 0..<2000 {
            let key = ControlKey(resource: "n\(random(40))", facet: .powerLimit)
            switch random(10) {
            case 0..<6:
                let time = now + .milliseconds(random(500))
                agenda.set(key, at: time)
                plain[key] = time
            case 6..<8:
                agenda.remove(key)
                plain[key] = nil
            default:
                now = now + .milliseconds(random(60))
                let due = plain.filter { $0.value <= now }.keys.sorted()
                #expect(agenda.takeDue(now) == due)
                for key in due { plain[key] = nil }
            }
            #expect(agenda.next == plain.values.min())
            #expect(agenda[key] == plain[key])
        }
    }
}
