import PowerEvents
import Testing

struct QuantityTests {
    @Test(arguments: [
        ("0.7", PowerUnit.kilowatt, 700_000_000), ("700", .watt, 700_000_000), ("0.0007", .megawatt, 700_000_000),
        ("12.5", .kilowatt, 12_500_000_000), ("1e3", .watt, 1_000_000_000), ("1.5E-3", .kilowatt, 1_500_000),
        ("0", .watt, 0), ("-0", .watt, 0), ("0.0000004", .watt, 0), ("0.0000005", .watt, 1),
        ("0.7000000000000001", .kilowatt, 700_000_000),
    ])
    func readsPowersExactly(text: String, unit: PowerUnit, microwatts: Int64) {
        #expect(PowerQuantity(decimal: text, unit: unit)?.watts.microwatts == microwatts)
    }

    @Test(arguments: [
        "-1", "abc", "", "1e99", "99999999999999999999", "9223372036854.775807", "9223372036854.7758075", "0x10", "1.",
        "NaN",
    ])
    func refusesWhatIsNoPower(text: String) {
        #expect(PowerQuantity(decimal: text, unit: .megawatt) == nil)
    }

    @Test(arguments: [(PowerUnit.watt, "312.5"), (.kilowatt, "0.3125"), (.megawatt, "0.0003125")])
    func writesPowersInAnyUnit(unit: PowerUnit, text: String) {
        #expect(PowerQuantity(watts: Watts(microwatts: 312_500_000), unit: unit).valueText == text)
    }

    @Test func scalesWithoutRoundingUp() {
        #expect(Watts(2754).scaled(by: .percent(60)).wholeWatts == 1652)
        #expect(Share.percent(10).of(54) == 6)
        #expect(Share.percent(10).of(1) == 1)
        #expect(Share.percent(0).of(54) == 0)
    }

    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("2026-11-21T04:20:00.125Z", 1_795_234_800_125),
        ("2026-11-21T05:20:00.1259+01:00", 1_795_234_800_125), ("2024-02-29T00:00:00Z", 1_709_164_800_000),
        ("2016-12-31T23:59:60Z", 1_483_228_800_000),
    ])
    func readsTimestamps(text: String, milliseconds: Int64) {
        #expect(Timestamp(text)?.milliseconds == milliseconds)
    }

    @Test(arguments: [
        "2026-13-01T00:00:00Z", "2023-02-29T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01", "2026-01-01T00:00:00",
        "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00+25:00", "garbage", "２026-01-01T00:00:00Z",
    ])
    func refusesWhatIsNoTimestamp(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test func timestampsSurviveTheRoundTrip() {
        for milliseconds: Int64 in [0, 1, 951_782_399_999, 951_782_400_000, 1_795_234_800_125, 4_102_444_799_999] {
            let time = Timestamp(milliseconds: milliseconds)
            #expect(Timestamp(time.description) == time)
        }
    }

    @Test func uuidsAreVersion4AndLowerCase() {
        let id = UUIDText(randomBytes: [UInt8](repeating: 0xFF, count: 16))
        #expect(id.text == "ffffffff-ffff-4fff-bfff-ffffffffffff")
        #expect(UUIDText("FFFFFFFF-FFFF-4FFF-BFFF-FFFFFFFFFFFF") == id)
        #expect(UUIDText("ffffffff-ffff-4fff-bfff-fffffffffff") == nil)
        #expect(UUIDText("gfffffff-ffff-4fff-bfff-ffffffffffff") == nil)
    }
}
