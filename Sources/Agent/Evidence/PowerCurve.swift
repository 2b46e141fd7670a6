import PowerEvents
import Shedding

/// What machines drew together over time, of meters that were read one after the other.
struct PowerCurve: Sendable {
    private struct Point {
        let at: Timestamp
        let shed: Watts
    }

    /// What the machines drew when the breach first asked something of them.
    let baseline: Watts
    private let arrival: Timestamp
    private var points: [Point] = []
    private let measured: Set<String>
    private let known: [String: Watts]
    /// Meters are read in turns, so that rates are told of this long at a time.
    private static let bin = Duration.seconds(10)

    init(_ readings: [PowerReading], arrival: Timestamp) {
        self.arrival = arrival
        // A GPU that is metered with its node is in what the node draws.
        let readings = readings.filter { !$0.isPart }
        var before: [String: Watts] = [:]
        var now: [String: Watts] = [:]
        var seen: Set<String> = []
        var shed = Watts.zero
        for reading in readings {
            guard let first = before[reading.resource] else {
                // What was first seen later may be what is left after a cap.
                guard reading.isBaseline || reading.at <= arrival else { continue }
                before[reading.resource] = reading.watts
                now[reading.resource] = reading.watts
                continue
            }
            shed = shed + ((now[reading.resource] ?? first) - reading.watts)
            now[reading.resource] = reading.watts
            seen.insert(reading.resource)
            points.append(Point(at: reading.at, shed: shed))
        }
        known = before
        measured = seen
        baseline = before.values.reduce(.zero, +)
    }

    var maximumShed: Watts { max(points.map(\.shed).max() ?? .zero, .zero) }

    /// How much less was drawn at so many seconds from the alert's arrival, thinned out to at most so many points; the
    /// last is among them.
    func samples(most: Int) -> [(seconds: Double, shed: Watts)] {
        let step = max(1, (points.count + most - 1) / max(1, most))
        return points.enumerated().filter { $0.offset % step == 0 || $0.offset == points.count - 1 }.map {
            (max(0, ($0.element.at - arrival) / .seconds(1)), $0.element.shed)
        }
    }

    /// From the alert's arrival until so much less was drawn; nil where it never was.
    func seconds(toShed watts: Watts) -> Double? {
        points.first { $0.shed >= watts }.map { ($0.at - arrival) / .seconds(1) }
    }

    /// The energy that was not drawn.
    var kilowattHours: Double {
        zip(points, points.dropFirst()).reduce(0) { sum, pair in
            sum + Double(pair.0.shed.microwatts) / 1e9 * ((pair.1.at - pair.0.at) / .seconds(3600))
        }
    }

    /// Watts per second by which the load fell at most.
    var steepestDown: Double { max(0, rates.max() ?? 0) }

    /// Watts per second by which it came back at most.
    var steepestUp: Double { max(0, -(rates.min() ?? 0)) }

    /// The change of what is shed, of each bin against the one before.
    private var rates: [Double] {
        var last: [Int: Watts] = [0: .zero]
        for point in points { last[Int(max(0, (point.at - arrival) / Self.bin)) + 1] = point.shed }
        let bins = last.sorted { $0.key < $1.key }
        return zip(bins, bins.dropFirst()).map { one, next in
            Double((next.value - one.value).microwatts) / 1e6 / (Double(next.key - one.key) * (Self.bin / .seconds(1)))
        }
    }

    /// The share of what the touched machines drew, or may draw, that was measured while the breach was held.
    func coverage(of rows: [EvidenceRow]) -> Double {
        var all = known
        for row in rows where row.kind == .readBack {
            if let resource = row.resource, known[resource] == nil, let watts = row.watts, !isPart(resource) {
                all[resource] = watts
            }
        }
        let whole = all.values.reduce(.zero, +)
        guard whole > .zero else { return 0 }
        let part = measured.compactMap { all[$0] }.reduce(.zero, +)
        return min(1, Double(part.microwatts) / Double(whole.microwatts))
    }

    /// Whether a resource was metered with another.
    private func isPart(_ resource: String) -> Bool { known.keys.contains { resource.hasPrefix($0 + "-") } }
}
