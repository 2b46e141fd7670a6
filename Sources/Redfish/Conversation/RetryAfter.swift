/// How long an answer asks to wait (RFC 9110, 10.2.3): seconds, or a date.
enum RetryAfter {
    /// - Parameter date: the answer's own `Date`. Clocks of BMCs are rarely right, so only the difference counts.
    static func duration(_ text: String, date: String?) -> Duration {
        if let seconds = Int(text) { return .seconds(min(max(seconds, 1), 3600)) }
        guard let until = seconds(text), let now = date.flatMap(seconds) else { return .seconds(5) }
        return .seconds(min(max(until - now, 1), 3600))
    }

    /// Seconds of an IMF-fixdate such as `Sun, 06 Nov 1994 08:49:37 GMT`, on a scale of their own.
    private static func seconds(_ text: String) -> Int? {
        let parts = text.split { $0 == " " || $0 == ":" }
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        guard parts.count == 8, let day = Int(parts[1]), let month = months.firstIndex(of: String(parts[2])),
            let year = Int(parts[3]), (1970...9999).contains(year), let hour = Int(parts[4]),
            let minute = Int(parts[5]),
            let second = Int(parts[6])
        else { return nil }
        // Days since 0000-03-01, by which leap days come last.
        let shifted = month < 2 ? year - 1 : year
        let days = shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + ((month + 10) % 12 * 153 + 2) / 5 + day
        return ((days * 24 + hour) * 60 + minute) * 60 + second
    }
}
