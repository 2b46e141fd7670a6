public import PowerEvents

/// The load targets of one feed over time, never two at once.
///
/// What is set last counts for the whole of its interval: what was there before keeps only the time outside it. So a target for
/// an hour leaves an older one without an end in force afterwards, a new one without an end replaces all that is to come, and a
/// removal clears its interval.
public struct LoadSchedule: Sendable, Hashable {
    /// More than anybody schedules for one feed.
    static let bound = 1000

    /// By their start.
    public private(set) var targets: [LoadTarget]

    public init(_ targets: [LoadTarget] = []) { self.targets = targets.sorted { $0.start < $1.start } }

    /// - Returns: false where there are too many already
    public mutating func set(_ target: LoadTarget) -> Bool {
        guard targets.count < Self.bound else { return false }
        clear(from: target.start, to: target.end)
        targets.append(target)
        targets.sort { $0.start < $1.start }
        return true
    }

    /// - Parameter end: nil clears all that is to come
    public mutating func clear(from start: Timestamp, to end: Timestamp?) {
        targets = targets.flatMap { target -> [LoadTarget] in
            let endsBefore = target.end.map { $0 <= start } ?? false
            let startsAfter = end.map { $0 <= target.start } ?? false
            if endsBefore || startsAfter { return [target] }
            var parts: [LoadTarget] = []
            if target.start < start {
                var before = target
                before.end = start
                parts.append(before)
            }
            if let end, target.end.map({ end < $0 }) ?? true {
                var after = target
                after.start = end
                parts.append(after)
            }
            return parts
        }
    }

    public func active(at now: Timestamp) -> LoadTarget? { targets.first { $0.isActive(at: now) } }

    /// Forgets what is over.
    public mutating func forget(before now: Timestamp) {
        targets.removeAll { target in target.end.map { $0 <= now } ?? false }
    }
}
