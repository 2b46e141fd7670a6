import Testing

@testable import Terminal

struct LineTests {
    @Test func whatIsLongerIsFoldedAtSpaces() {
        #expect(Line.folded("one two three", lines: 3, width: 20) == ["one two three"])
        #expect(Line.folded("one two three four", lines: 3, width: 9) == ["one two", "    three", "    four"])
    }

    /// What cannot be folded, or is longer than all lines, is cut.
    @Test func aLongWordIsCut() {
        #expect(Line.folded("abcdefghij", lines: 3, width: 5) == ["abcd…"])
        let lines = Line.folded("one two three four", lines: 2, width: 9)
        #expect(lines.count == 2 && lines[1].count == 9 && lines[1].hasSuffix("…"))
    }
}
