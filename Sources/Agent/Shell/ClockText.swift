import PowerEvents

/// A time as answers to people have it: `14:03:10Z`, with the date where it is not today's.
enum ClockText {
    static func text(_ time: Timestamp, now: Timestamp) -> String {
        let (whole, today) = (time.description, now.description)
        let clock = whole.dropFirst(11).prefix(8) + "Z"
        return whole.prefix(10) == today.prefix(10) ? String(clock) : "\(whole.prefix(10)) \(clock)"
    }
}
