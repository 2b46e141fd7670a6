import Testing

@testable import FleetSimulator

struct AnswerDelayTests {
    private static func draws(_ name: String, _ count: Int) -> [Duration] {
        var delay = AnswerDelay(of: name)
        delay.least = .milliseconds(50)
        delay.tail = .milliseconds(800)
        return (0..<count).map { _ in
            delay.draw()
            return delay.current
        }
    }

    /// Half of the answers come soon, and a few take nearly as long as any.
    @Test func mostAreShortAndAFewLong() {
        let all = Self.draws("https://127.0.0.1:1", 1000).sorted()
        #expect(all.allSatisfy { $0 >= .milliseconds(50) && $0 < .milliseconds(850) })
        #expect(all[500] < .milliseconds(160))
        #expect(all[900] > .milliseconds(600))
        #expect(all[999] > .milliseconds(840))
    }

    @Test func eachBMCHasItsOwnButAlwaysTheSame() {
        #expect(Self.draws("a", 10) == Self.draws("a", 10))
        #expect(Self.draws("a", 10) != Self.draws("b", 10))
    }

    @Test func withoutATailAllAreAlike() {
        var delay = AnswerDelay(of: "a")
        delay.least = .milliseconds(20)
        delay.draw()
        #expect(delay.current == .milliseconds(20))
    }
}
