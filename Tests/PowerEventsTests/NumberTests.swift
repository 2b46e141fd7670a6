import PowerEvents
import StrictJSON
import Testing

/// Numbers of strangers: none ends the process, and none wraps around.
struct NumberTests {
    @Test func arithmeticIsHeldAtTheBounds() {
        #expect(Int64.max.addingSaturated(1) == .max)
        #expect(Int64.min.addingSaturated(-1) == .min)
        #expect(Int64.min.subtractingSaturated(1) == .min)
        #expect(Int64.max.subtractingSaturated(-1) == .max)
        #expect(Int64.max.multipliedSaturated(by: -2) == .min)
        #expect(Int64.min.multipliedSaturated(by: -1) == .max)
        #expect(Int64.min.distanceSaturated(to: .max) == .max)
        #expect(UInt8(3).subtractingSaturated(4) == 0)
        #expect(3.addingSaturated(4) == 7 && 3.subtractingSaturated(4) == -1 && 3.multipliedSaturated(by: -4) == -12)
    }

    @Test(
        arguments: [
            (1e300, Int.max), (-1e300, .min), (.infinity, .max), (-.infinity, .min), (.nan, 0), (1.9, 1), (-1.9, -1),
            (9.3e18, .max),
        ] as [(Double, Int)])
    func floatingPointNumbersAreHeldAtTheBounds(value: Double, expected: Int) {
        #expect(Int(saturating: value) == expected)
    }

    @Test(arguments: ["9223372036854775808", "60", "-1", "", "+", "5 ", "٣"])
    func aNumberOutsideOfItsRangeIsNone(text: String) { #expect(Int(text, in: 0...59) == nil) }

    /// `abs` of the smallest integer ended the process, by one alert.
    @Test(arguments: [
        "1e-9223372036854775808", "1e9223372036854775807", "1e99999999999999999999", "1e100", "1e400", "0e-9999999999",
        "1e-100",
    ])
    func noExponentOfAPowerEndsTheProcess(text: String) {
        for unit in PowerUnit.allCases { #expect(PowerQuantity(decimal: text, unit: unit) == nil) }
    }

    @Test(arguments: [Int64.min, -1, 0, .max])
    func anyTwoPowersCanBeComputedWith(microwatts: Int64) {
        let power = Watts(microwatts: microwatts)
        for other in [Watts(.max), Watts(.min), .zero] {
            _ = power.microwatts - other.microwatts
            _ = power.microwatts + other.microwatts
        }
        _ = power.wholeWattsRoundedUp
        _ = power.scaled(by: .percent(100))
        _ = power.description
    }

    @Test func theBoundsOfTimeAndOfDurationsHold() {
        let time = Timestamp(milliseconds: .max)
        _ = time + .seconds(Int64.max)
        _ = time - .seconds(Int64.min)
        _ = (time - Timestamp(milliseconds: .min)).milliseconds
        _ = time.description
        #expect(Watts(microwatts: .max) == Watts(.max))
        #expect(Duration.seconds(Int64.max).milliseconds == .max)
        #expect(Duration.seconds(Int64.min).milliseconds == .min)
    }

    @Test(arguments: ["0000-01-01T00:00:00+23:59", "9999-12-31T23:59:60.999-23:59", "0000-02-29T00:00:00Z"])
    func theEndsOfTheCalendarAreTimes(text: String) throws {
        let time = try #require(Timestamp(text))
        _ = time.description
        _ = time + .seconds(86_400 * 366)
    }

    @Test(arguments: [0, 1, 9_999, 10_000, 10_001, Int.max])
    func aShareOfAnyCount(count: Int) {
        #expect(Share.percent(100).of(count) == count)
        #expect(Share.percent(50).of(count) == count / 2 + count % 2)
    }
}
