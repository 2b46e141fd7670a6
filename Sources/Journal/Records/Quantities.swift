import PowerEvents
import Shedding
import StrictJSON

// Numbers, each in the unit that the name of its field says. What a file holds beyond their bounds is held at these.

/// In microwatts.
extension Watts: RecordValue {
    func write(to text: inout RecordText) { text.write(microwatts) }

    init(reading source: RecordSource) throws { self.init(microwatts: try source.integer(earlier: "microwatts")) }
}

/// In megahertz.
extension Megahertz: RecordValue {
    func write(to text: inout RecordText) { text.write(megahertz) }

    init(reading source: RecordSource) throws { self.init(Int(try source.integer(earlier: "megahertz"))) }
}

/// In hundredths of a percent.
extension Share: RecordValue {
    func write(to text: inout RecordText) { text.write(basisPoints) }

    init(reading source: RecordSource) throws {
        let points = min(max(try source.integer(earlier: "basisPoints"), 0), 10_000)
        guard let share = Share(basisPoints: Int(points)) else { throw source.wrong("a share") }
        self = share
    }
}

/// In milliseconds since 1970.
extension Timestamp: RecordValue {
    func write(to text: inout RecordText) { text.write(milliseconds) }

    init(reading source: RecordSource) throws { self.init(milliseconds: try source.integer(earlier: "milliseconds")) }
}

/// In milliseconds. Earlier versions wrote the two halves of a number of attoseconds.
extension Duration: RecordValue {
    func write(to text: inout RecordText) { text.write(milliseconds) }

    init(reading source: RecordSource) throws {
        guard source.isEarlier else {
            self = Self.held(.milliseconds(try Int64(reading: source)))
            return
        }
        guard let halves = source.json.array, halves.count == 2,
            let high = halves[0].number.flatMap({ Int64($0.text) }),
            let low = halves[1].number.flatMap({ UInt64($0.text) })
        else { throw source.wrong("the two halves of a number of attoseconds") }
        self = Self.held(Duration(attoseconds: Int128(high) << 64 | Int128(low)))
    }

    /// Within the 100,000 years of a timestamp: what is computed with it cannot overflow.
    private static func held(_ duration: Duration) -> Duration {
        let most = Duration.seconds(3_155_760_000_000)
        return min(max(duration, .zero - most), most)
    }
}

/// A power with the unit that its sender wrote it in.
extension PowerQuantity: RecordFields {
    static let fields: [RecordField<PowerQuantity>] = [
        .fixed("microwatts", earlier: "watts") { $0.watts },
        .fixed("unit") { $0.unit },
    ]

    init(beginning source: RecordSource) throws {
        self.init(watts: try source.required("microwatts", earlier: "watts"), unit: try source.required("unit"))
    }
}
