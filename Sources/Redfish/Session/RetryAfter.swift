import PowerEvents

/// How long an answer asks to wait (RFC 9110, 10.2.3): seconds, or a date. From a second to an hour.
enum RetryAfter {
    static let range = 1...3600
    /// Where what was asked for cannot be understood.
    static let usual = Duration.seconds(5)

    /// - Parameter date: the answer's own `Date`. Clocks of BMCs are rarely right, so only the difference counts.
    static func duration(_ text: String, date: String?) -> Duration {
        if let seconds = wholeNumber(text) { return held(seconds) }
        guard let until = seconds(text), let now = date.flatMap(seconds) else { return usual }
        return held(until.subtractingSaturated(now))
    }

    private static func held(_ seconds: Int) -> Duration {
        .seconds(min(max(seconds, range.lowerBound), range.upperBound))
    }

    /// A whole number, held at the bounds of the type; nil where the text is something else.
    private static func wholeNumber(_ text: String) -> Int? {
        if let number = Int(text) { return number }
        let digits = text.utf8.first == UInt8(ascii: "-") ? text.utf8.dropFirst() : text.utf8[...]
        guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return text.hasPrefix("-") ? .min : .max
    }

    /// Seconds of an IMF-fixdate such as `Sun, 06 Nov 1994 08:49:37 GMT`, on a scale of their own; nil for what is no
    /// time of any day.
    private static func seconds(_ text: String) -> Int? {
        let parts = text.split { $0 == " " || $0 == ":" }
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        guard parts.count == 8, let day = Int(parts[1], in: 1...31),
            let month = months.firstIndex(of: String(parts[2])), let year = Int(parts[3], in: 1970...9999),
            let hour = Int(parts[4], in: 0...23), let minute = Int(parts[5], in: 0...59),
            // A leap second is one.
            let second = Int(parts[6], in: 0...60)
        else { return nil }
        // Days since 0000-03-01, by which leap days come last.
        let shifted = month < 2 ? year - 1 : year
        let days = shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + ((month + 10) % 12 * 153 + 2) / 5 + day
        return ((days * 24 + hour) * 60 + minute) * 60 + second
    }
}
