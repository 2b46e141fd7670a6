import Testing

@testable import Replication

/// The right to write ends by the clock, and never comes back to an earlier end.
struct WriteFenceTests {
    @Test func isClosedUntilOpened() {
        let fence = WriteFence()
        #expect(!fence.isOpen && fence.timeLeft == .zero)
    }

    @Test func endsByTheClock() {
        let fence = WriteFence()
        fence.open(until: BootClock.now() + .seconds(60))
        #expect(fence.isOpen && fence.timeLeft > .seconds(50))
        let past = WriteFence()
        past.open(until: BootClock.now() + .seconds(-1))
        #expect(!past.isOpen)
    }

    @Test func answersThatOvertakeEachOtherShortenNothing() {
        let fence = WriteFence()
        fence.open(until: BootClock.now() + .seconds(60))
        fence.open(until: BootClock.now() + .seconds(1))
        #expect(fence.timeLeft > .seconds(50))
    }

    @Test func closedIsClosed() {
        let fence = WriteFence()
        fence.open(until: BootClock.now() + .seconds(60))
        fence.close()
        #expect(!fence.isOpen)
        // An answer that was on its way.
        fence.open(until: BootClock.now() + .seconds(60))
        #expect(!fence.isOpen && fence.timeLeft == .zero)
    }

    @Test func instantsNeverOverflow() {
        let last = BootInstant(nanoseconds: .max)
        #expect(last + .seconds(Int64.max) == last)
        #expect(BootInstant(nanoseconds: 0) + .seconds(Int64.min) == BootInstant(nanoseconds: 0))
        #expect(last - BootInstant(nanoseconds: 0) == .nanoseconds(Int64.max))
    }
}
