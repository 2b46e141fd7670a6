public import Foundation
public import PowerEvents

/// A time as an operator types it: RFC 3339, `HH:MM` of the wall clock, or so long ago (`90s`, `30m`, `2h`, `3d`).
public enum TimeArgument {
    public struct Unusable: Error, Sendable, CustomStringConvertible {
        public let description: String
    }

    /// - Parameters:
    ///   - now: what it is counted back from
    ///   - zone: of the wall clock; `HH:MM` means the latest such time that is not to come
    public static func parse(
        _ text: String, now: Timestamp, zone: TimeZone = .current
    ) throws(Unusable) -> Timestamp {
        if let time = Timestamp(text) { return time }
        if let time = clockTime(text, now: now, zone: zone) { return time }
        if let ago = duration(text) { return now - ago }
        throw Unusable(
            description: "is no time: 2026-11-21T04:20:00Z, 04:20, or so long ago as 2h (got \"\(text)\")")
    }

    private static func clockTime(_ text: String, now: Timestamp, zone: TimeZone) -> Timestamp? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count),
            parts.allSatisfy({ (1...2).contains($0.count) && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
            let hour = Int(parts[0]), let minute = Int(parts[1]), (0...23).contains(hour), (0...59).contains(minute)
        else { return nil }
        let second = parts.count == 3 ? Int(parts[2]) ?? 60 : 0
        guard (0...59).contains(second) else { return nil }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        let today = Date(timeIntervalSince1970: Double(now.milliseconds) / 1000)
        guard let date = calendar.date(bySettingHour: hour, minute: minute, second: second, of: today) else { return nil }
        let time = Timestamp(milliseconds: Int64((date.timeIntervalSince1970 * 1000).rounded()))
        guard time > now, let before = calendar.date(byAdding: .day, value: -1, to: date) else { return time }
        return Timestamp(milliseconds: Int64((before.timeIntervalSince1970 * 1000).rounded()))
    }

    private static let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]

    private static func duration(_ text: String) -> Duration? {
        var seconds: Int64 = 0
        var digits = ""
        for character in text {
            if character.isASCII, character.isNumber {
                digits.append(character)
            } else {
                guard let unit = units[character], let number = Int64(digits), number < 1_000_000_000 else { return nil }
                seconds += number * unit
                digits = ""
            }
        }
        return digits.isEmpty && !text.isEmpty ? .seconds(seconds) : nil
    }
}
