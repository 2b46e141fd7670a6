import Foundation
import PowerEvents
import Terminal
import Testing

struct TimeArgumentTests {
    private static let now = Timestamp("2026-11-21T04:20:00Z") ?? Timestamp(milliseconds: 0)
    private static let utc = TimeZone(secondsFromGMT: 0) ?? .current

    @Test(arguments: [
        ("2026-11-20T22:00:00Z", "2026-11-20T22:00:00Z"), ("04:10", "2026-11-21T04:10:00Z"),
        // Not yet today, so it was yesterday.
        ("23:59", "2026-11-20T23:59:00Z"), ("04:20:00", "2026-11-21T04:20:00Z"), ("2h", "2026-11-21T02:20:00Z"),
        ("1d12h", "2026-11-19T16:20:00Z"), ("90s", "2026-11-21T04:18:30Z"),
    ])
    func isATime(text: String, meant: String) throws {
        #expect(try TimeArgument.parse(text, now: Self.now, zone: Self.utc) == Timestamp(meant))
    }

    @Test(arguments: ["", "yesterday", "25:00", "04:60", "2", "h", "-2h", "4:2x", "1e9s", "99999999999999999999h"])
    func isNone(text: String) {
        #expect(throws: TimeArgument.Unusable.self) { try TimeArgument.parse(text, now: Self.now, zone: Self.utc) }
    }

    @Test func aClockTimeIsOfTheZone() throws {
        let zone = try #require(TimeZone(secondsFromGMT: 3600))
        #expect(try TimeArgument.parse("05:10", now: Self.now, zone: zone) == Timestamp("2026-11-21T04:10:00Z"))
    }
}
