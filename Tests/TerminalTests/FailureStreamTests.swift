import Terminal
import Testing

struct FailureStreamTests {
    /// The first is told at once, the others of its cause together.
    @Test func fiftyFourOfOneCauseAreAFewLines() {
        var stream = FailureStream()
        var lines: [String] = []
        for index in 1...54 {
            lines += stream.add(
                "cpu-\(index)", bmc: "10.0.0.\(index):443", cause: "not reachable: no route",
                at: .milliseconds(100 * index))
            if index == 1 { #expect(lines == ["NO  cpu-1 (10.0.0.1:443): not reachable: no route"]) }
        }
        lines += stream.flush(at: .seconds(6), isEnd: true)
        #expect(lines.count <= 5, "\(lines)")
        #expect(lines[1].contains("cpu-[2-20]") && lines[1].contains("the same: not reachable"), "\(lines)")
        #expect(stream.flush(at: .seconds(60), isEnd: true).isEmpty)
    }

    @Test func whatIsLeftIsEstimated() {
        #expect(FailureStream.progress(100, of: 1000, after: .seconds(10)) == "100 of 1000 probed, about 1m30s left")
        #expect(FailureStream.progress(0, of: 10, after: .seconds(1)) == "0 of 10 probed")
        #expect(FailureStream.progress(10, of: 10, after: .seconds(1)) == "10 of 10 probed")
    }
}
