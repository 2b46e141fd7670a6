import Site
import Testing

/// A range costs no more memory than the names that it may mean.
struct HostRangeBoundsTests {
    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            "a[0-99999999999]", "a[0-9223372036854775807]", "a[0-9223372036854775808]", "a[0-99999,0-99999]",
            "a[\(Array(repeating: "0-99999", count: 2000).joined(separator: ","))]",
            "a[0-99999]b[0-99999]", "\(String(repeating: "a", count: 4000))[0-9999]",
            "a[\(String(repeating: "0", count: 1_000_000))-99999]",
            "a[\(String(repeating: "0", count: 21))]", "a[5-3]", "a[-1]", "a[1-]", "a[-]", "a[,]",
        ])
    func whatIsTooMuchIsRefused(text: String) {
        #expect(throws: HostRange.SyntaxError.self) { try HostRange.expand(text) }
    }

    @Test func whatIsNotTooMuchIsExpanded() throws {
        #expect(try HostRange.expand("a[0-99999]").count == 100_000)
        #expect(try HostRange.expand("a[0-49999,50000-99999]").count == 100_000)
        #expect(try HostRange.expand("a[007-008]") == ["a007", "a008"])
    }
}
