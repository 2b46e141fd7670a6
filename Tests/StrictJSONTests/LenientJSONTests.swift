import StrictJSON
import Testing

/// What devices write that nobody can be asked to write right.
struct LenientJSONTests {
    private func read(_ bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws -> JSONValue {
        try JSONValue(parsing: bytes, limits: limits, dialect: .lenient)
    }

    @Test(
        arguments: [
            ("\u{FEFF}{\"a\":1}", #"{"a":1}"#), ("{\"a\":1}\u{0}\u{0}\n\u{0}", #"{"a":1}"#),
            ("\u{0} {\"a\":1}", #"{"a":1}"#),
            ("{\"a\":\"x\ry\tz\u{1}\",\"b\":1}", #"{"a":"x\ry\tz\u0001","b":1}"#),
            (#"{"a":1,"b":2,"a":3}"#, #"{"a":3,"b":2}"#),
            (
                #"{"a":NaN,"b":-Infinity,"c":nan,"d":inf,"e":+INF,"f":-nan,"g":1,"h":1.#INF}"#,
                #"{"a":"NaN","b":"-Infinity","c":"nan","d":"inf","e":"+INF","f":"-nan","g":1,"h":"1.#INF"}"#
            ),
            (
                #"{"a":+5,"b":007,"c":.5,"d":5.,"e":-.25e+3,"f":0.0}"#,
                #"{"a":5,"b":7,"c":0.5,"d":5,"e":-0.25e3,"f":0.0}"#
            ),
            (#"{"a":"\\x\\q\\'"}"#.replacing("\\\\", with: "\\"), #"{"a":"xq'"}"#),
            (
                #"{"a":"\\ud800","b":"\\udc00x","c":"\\u12","d":"\\ud83d\\ude00"}"#.replacing("\\\\", with: "\\"),
                "{\"a\":\"\u{FFFD}\",\"b\":\"\u{FFFD}x\",\"c\":\"\u{FFFD}12\",\"d\":\"😀\"}"
            ),
            (#"{"a":[1,2,],"b":{"c":1,},}"#, #"{"a":[1,2],"b":{"c":1}}"#),
        ])
    func reads(text: String, expected: String) throws {
        #expect(try read(Array(text.utf8)).text == expected)
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: Array(text.utf8)) }
    }

    @Test func replacesWhatIsNoUTF8() throws {
        let bytes = Array("{\"a\":\"".utf8) + [0xFF, 0x41, 0xC0, 0x80] + Array("\",\"b\":700}".utf8)
        let value = try read(bytes)
        #expect(value["a"]?.string?.hasPrefix("\u{FFFD}A") == true)
        #expect(value["b"] == 700)
        // In the name of a member too, and after an escape.
        let name = Array("{\"\\n".utf8) + [0xFF] + Array("\":1,\"b\":2}".utf8)
        #expect(try read(name)["b"] == 2)
    }

    /// A prior is written back as it was read.
    @Test(arguments: ["1200.0", "1.2E+3", "-0", "0", "1e-7", "0.10"])
    func keepsNumbersAsWritten(text: String) throws {
        #expect(try read(Array("[\(text)]".utf8)).text == "[\(text)]")
    }

    /// Nor is it null, which would say that nothing is set.
    @Test func aNumberThatIsTooLongIsNone() throws {
        let digits = String(repeating: "9", count: 1000)
        let zeros = String(repeating: "0", count: 1000)
        let value = try read(Array("{\"a\":\(digits),\"b\":0\(digits),\"c\":0.\(zeros)1,\"d\":1}".utf8))
        for key in ["a", "b", "c"] {
            let text = try #require(value[key]?.string)
            #expect(text.count <= 65 && JSONNumber(text: text) == nil)
        }
        #expect(value["d"] == 1)
    }

    @Test(arguments: [
        "", " ", "\u{0}", "{\"a\":1} x", "{\"a\" 1}", "{\"a\":1", "{\"a\":--1}", "{\"a\":1e}", "{\"a\":nul}",
        "{\"a\":0x10}",
        "{\"a\":.}", "{\"a\":-}", "{\"a\":\"x}", "[,1]", "<html>", "{\"a\":1 2}", "{\"a\":1..2}", "{'a':1}",
    ])
    func refusesWhatNobodyCanRead(text: String) {
        #expect(throws: JSONSyntaxError.self) { try read(Array(text.utf8)) }
    }

    @Test func boundsTheDepth() {
        #expect(throws: JSONSyntaxError.self) { try read(Array(String(repeating: "[", count: 1_000_000).utf8)) }
    }

    /// Each is asked for as often as there are members.
    @Test(.timeLimit(.minutes(1))) func manyRepeatedMembersTakeNoTime() throws {
        let text = "{" + (0..<20_000).map { "\"\($0 % 10_000)\":\($0)" }.joined(separator: ",") + "}"
        #expect(try read(Array(text.utf8)).object?.count == 10_000)
    }
}
