import PowerEvents
import Testing

@testable import Shedding

struct AgendaTests {
    private static let key = ControlKey(resource: "n1", facet: .powerLimit)
    private static let other = ControlKey(resource: "n2", facet: .powerLimit)
    private static let start = Timestamp(milliseconds: 1_000_050)

    @Test func nothingIsDueTooEarlyOrTwice() {
        var agenda = Agenda()
        let times = [Self.key: Self.start + .milliseconds(20), Self.other: Self.start + .seconds(30)]
        for (key, time) in times { agenda.add(key, at: time) }
        #expect(agenda.takeDue(Self.start) { times[$0] } == [])
        // In the same tenth of a second.
        #expect(agenda.takeDue(Self.start + .milliseconds(20)) { times[$0] } == [Self.key])
        #expect(agenda.takeDue(Self.start + .seconds(1)) { times[$0] } == [])
        // Also where nobody asked in time.
        #expect(agenda.takeDue(Self.start + .seconds(300)) { times[$0] } == [Self.other])
    }

    @Test func whatChangedItsTimeIsDueAtTheNewOneOnly() {
        var agenda = Agenda()
        var time: Timestamp? = Self.start + .seconds(1)
        agenda.add(Self.key, at: Self.start + .seconds(1))
        time = Self.start + .seconds(5)
        agenda.add(Self.key, at: Self.start + .seconds(5))
        #expect(agenda.takeDue(Self.start + .seconds(2)) { _ in time } == [])
        #expect(agenda.takeDue(Self.start + .seconds(5)) { _ in time } == [Self.key])
        agenda.add(Self.key, at: Self.start + .seconds(6))
        time = nil
        #expect(agenda.takeDue(Self.start + .seconds(9)) { _ in time } == [])
    }
}
