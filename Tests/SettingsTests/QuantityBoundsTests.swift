import PowerEvents
import Settings
import Testing

/// Quantities past all bounds are no quantities; none ends the process.
struct QuantityBoundsTests {
    static let numbers = [
        "99999999999999999", "999999999999999", "1e400", "-1", "9223372036854775808", "0x10", "٣", "", ".", "1.", "nan",
        "inf",
        "999999999999999.9",
    ]

    @Test(arguments: numbers)
    func noNumberEndsTheProcess(number: String) {
        for unit in ["ms", "s", "min", "h", "d"] {
            if let duration = Quantities.duration(number + unit) {
                #expect(duration < .seconds(10_000_000_000))
                _ = Timestamp(milliseconds: .max) + duration
                _ = Quantities.text(duration)
            }
        }
        for unit in ["W", "kW", "MW"] {
            if let power = Quantities.power(number + unit) { #expect(power < Watts(1_000_000_000_000)) }
        }
        if let share = Quantities.share(number + "%") { #expect(share <= .percent(100)) }
        for unit in ["", "B", "KiB", "MiB", "GiB"] {
            if let count = Quantities.byteCount(number + unit) { #expect(count >= 0) }
        }
    }

    @Test func durationsOfMoreThanThreeCenturiesAreNone() {
        #expect(Quantities.duration("99999999999999h") == nil)
        #expect(Quantities.power("999999999999999MW") == nil)
        #expect(Quantities.share("101%") == nil)
    }

    @Test(arguments: [
        ("8kW/s", "8 kW/s"), ("500kW/min", "500 kW/min"), ("500 kW / min", "500 kW/min"), ("1.5W/s", "90 W/min"),
        ("700W/s", "700 W/s"), ("3.6MW/h", "1 kW/s"), ("60W/min", "1 W/s"),
    ])
    func powerRates(text: String, shown: String) { #expect(Quantities.powerRate(text)?.description == shown) }

    @Test(arguments: [
        "", "8kW", "8kW/", "/s", "8/s", "0W/s", "-8kW/s", "8kW/s/s", "8kW/day", "8kWs", "9999999999MW/s", "none",
        "8kW/1s", "0.0000001W/h",
    ])
    func whatIsNoPowerRate(text: String) { #expect(Quantities.powerRate(text) == nil) }
}
