import PowerEvents
import StrictJSON
import Testing

struct AlertProblemsTests {
    private static let good = """
        {"feed_tag":"main-a","status":"active","severity":"critical",
         "breach":{"breach_id":"4f2f7f0e-52d9-4a3b-9a0b-7a0c5f3f7a11","detected_at":"2026-11-21T04:20:00Z"},
         "target":{"correlation_id":"0d3f3d0a-6b3f-4a53-8f0e-2f6a4f9a6b22",
                   "load_constraint":{"value":60,"unit":"kilowatt"}},
         "measured_load":{"value":71.5,"unit":"kilowatt"},"shed_hints":HINTS,"infrastructure_actions":[]}
        """

    private func problems(_ text: String, limit: Int = 100) throws -> [String] {
        BreachAlert.problems(in: try JSONValue(parsing: Array(text.utf8)), limit: limit).map(\.description)
    }

    @Test func aGoodAlertHasNone() throws {
        let text = Self.good.replacing("HINTS", with: "[]")
        #expect(try problems(text) == [])
        #expect(try problems(Self.good.replacing("HINTS", with: "null")) == [])
        _ = try BreachAlert(json: JSONValue(parsing: Array(text.utf8)))
    }

    /// Whatever the strict reader refuses has at least one, and the other way round.
    @Test(arguments: [
        ("\"main-a\"", "7"), ("\"active\"", "\"on\""), ("4f2f7f0e", "zzzz"), ("2026-11-21T04", "2026"),
        ("\"kilowatt\"}},", "\"horse\"}},"), ("71.5", "-1"), ("71.5", "\"x\""), ("HINTS", "7"),
        ("HINTS", "[7]"), ("HINTS", "[{}]"), ("[]}", "null}"), ("[]}", "[\"DANCE\"]}"),
        ("\"breach\":", "\"breech\":"),
    ])
    func whatIsRefusedHasReasons(old: String, new: String) throws {
        let text = Self.good.replacing(old, with: new).replacing("HINTS", with: "[]")
        #expect(try !problems(text).isEmpty)
        let json = try JSONValue(parsing: Array(text.utf8))
        #expect(throws: EventDecodingError.self) { try BreachAlert(json: json) }
    }

    @Test func aThousandMistakesHaveABound() throws {
        let hints = "[" + Array(repeating: "{}", count: 1000).joined(separator: ",") + "]"
        #expect(try problems(Self.good.replacing("HINTS", with: hints), limit: 20).count == 20)
        #expect(try problems("[]").count == 1)
        #expect(try problems("{}").count == 7)
    }
}
