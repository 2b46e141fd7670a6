import PowerEvents
import StrictJSON

/// What of earlier turns has to be known to judge a meter's value: the times it showed, and its counters.
struct MeterMemory: Sendable {
    private struct Stamp: Sendable {
        let text: String
        let time: Timestamp
        let firstSeen: ContinuousClock.Instant
    }

    private struct Count: Sendable {
        let joules: Double
        let at: ContinuousClock.Instant
        var rate: Watts?
    }

    private var stamps: [MeterPoint: Stamp] = [:]
    private var counts: [MeterPoint: Count] = [:]

    /// A value older than this is none; of what is measured more slowly, than four of its intervals.
    static let staleAfter = Duration.seconds(60)
    private static let longestInterval = Duration.seconds(150)
    /// Before this, a BMC has no clock: it counts from 1970, or from where its firmware was made.
    private static let firstTime = Timestamp(milliseconds: 1_420_070_400_000)
    /// Between two counts, so that their steps do not matter.
    private static let leastCounting = [MeterPoint.Kind.joules: Duration.seconds(5), .kilowattHours: .seconds(60)]
    /// Of two counts further apart the difference is an average over what was asked for in between.
    private static let longestCounting = Duration.seconds(300)

    /// How much is remembered.
    var size: Int { stamps.count + counts.count }

    /// Forgets what is no meter any more: one that is found anew has another place, again and again on some BMCs.
    mutating func forget(allBut points: Set<MeterPoint>) {
        stamps = stamps.filter { points.contains($0.key) }
        counts = counts.filter { points.contains($0.key) }
    }

    /// No time is longer.
    private static let longestTime = 64

    /// How old a value is; nil where that is not known, and it counts as of now.
    ///
    /// A clock that is wrong, but runs, is told by a time that goes on between two turns.
    mutating func age(
        of value: MeterValue, at point: MeterPoint, now: ContinuousClock.Instant, wall: Timestamp?
    ) throws(MeterValue.Absence) -> Duration? {
        guard let text = value.time, text.utf8.count <= Self.longestTime, let time = Timestamp(text),
            time >= Self.firstTime
        else {
            stamps[point] = nil
            return nil
        }
        let bound = max(Self.staleAfter, min(value.interval ?? .zero, Self.longestInterval) * 4)
        let before = stamps[point]
        let firstSeen = before?.text == text ? before?.firstSeen ?? now : now
        stamps[point] = Stamp(text: text, time: time, firstSeen: firstSeen)
        if now - firstSeen > bound {
            throw MeterValue.Absence(reason: "its time has been \(text) for more than \(bound.components.seconds) s")
        }
        guard let wall else { return nil }
        let age = wall - time
        // A clock that is ahead tells nothing of the age.
        guard age > bound else { return age >= .zero ? age : nil }
        if let before, before.time < time { return nil }
        throw MeterValue.Absence(reason: "it is of \(text), more than \(bound.components.seconds) s ago")
    }

    /// The mean power since an earlier count.
    mutating func watts(
        of joules: Double, at point: MeterPoint, now: ContinuousClock.Instant
    ) throws(MeterValue.Absence) -> Watts {
        guard let before = counts[point], now - before.at <= Self.longestCounting, joules >= before.joules else {
            counts[point] = Count(joules: joules, at: now)
            throw MeterValue.Absence(reason: "its energy counter tells a power from the second reading on")
        }
        let time = now - before.at
        guard time >= Self.leastCounting[point.kind] ?? Self.staleAfter else {
            if let rate = before.rate { return rate }
            throw MeterValue.Absence(reason: "its energy counter was read a moment ago")
        }
        let seconds = Double(time.milliseconds) / 1000
        guard let number = JSONNumber((joules - before.joules) / seconds),
            let rate = RedfishNumber.watts(.number(number))
        else { throw MeterValue.Absence(reason: "its energy counter makes no sense") }
        counts[point] = Count(joules: joules, at: now, rate: rate)
        return rate
    }
}
