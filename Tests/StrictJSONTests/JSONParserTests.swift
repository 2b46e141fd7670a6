import StrictJSON
import Testing

struct JSONParserTests {
    static let readable: [(String, JSONValue)] = [
        ("null", .null), (" true ", true), ("[1, 2]", .array([1, 2])), (#""a\u00e9\ud83d\ude00\n""#, "aé😀\n"),
        (#"{"a": {"b": [null]}}"#, ["a": ["b": .array([.null])]]), ("-0", 0), ("1e3", 1000),
    ]

    @Test(arguments: readable)
    func reads(text: String, expected: JSONValue) throws {
        #expect(try JSONValue(parsing: Array(text.utf8)) == expected)
    }

    @Test(arguments: [
        "", " ", "nul", "01", "1.", ".5", "+1", "1e", "--1", "NaN", "Infinity", "[1,]", "[1 2]", "{", "{\"a\"}",
        "{\"a\":1,}", "{a:1}", "'a'", "\"a", "\"\\x\"", "\"\\ud800\"", "\"\\udc00\"", "\"\t\"", "1 2", "\u{FEFF}1",
        "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}",
    ])
    func refuses(text: String) {
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: Array(text.utf8)) }
    }

    @Test func refusesInvalidUTF8() {
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: [0x22, 0xFF, 0x22]) }
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: [0x22, 0xC0, 0x80, 0x22]) }
    }

    @Test func boundsTheDepth() throws {
        let limits = JSONLimits(depth: 4)
        #expect(throws: Never.self) { try JSONValue(parsing: Array("[[[[]]]]".utf8), limits: limits) }
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: Array("[[[[[1]]]]]".utf8), limits: limits) }
        #expect(throws: JSONSyntaxError.self) {
            try JSONValue(parsing: Array(String(repeating: "[", count: 1_000_000).utf8))
        }
    }

    @Test func boundsTheLengthOfNumbers() {
        let digits = String(repeating: "9", count: 65)
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: Array(digits.utf8)) }
    }

    @Test func keepsNumbersAsWritten() throws {
        let text = #"{"SetPoint":6720.0,"LimitInWatts":null}"#
        #expect(try JSONValue(parsing: Array(text.utf8)).text == text)
    }

    @Test func comparesNumbersByValueAndObjectsWithoutOrder() throws {
        let left = try JSONValue(parsing: Array(#"{"a":6720.0,"b":1}"#.utf8))
        let right = try JSONValue(parsing: Array(#"{"b":1,"a":6720}"#.utf8))
        #expect(left == right)
    }

    @Test func tellsAbsentFromNull() throws {
        let value = try JSONValue(parsing: Array(#"{"a":null}"#.utf8))
        #expect(value["a"] == .null)
        #expect(value["b"] == nil)
    }

    @Test func escapesWhatItWrites() {
        #expect(JSONValue.string("a\"\\\n\u{1}").text == #""a\"\\\n\u0001""#)
    }
}
