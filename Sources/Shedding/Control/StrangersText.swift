/// Text that a BMC sent, on its way into what is kept, logged and told. Each of thousands may send megabytes of it, and
/// others each time.
enum StrangersText {
    /// In bytes of UTF-8; enough for the words of any BMC that was seen, with the places that they are about.
    static let longest = 1000
    private static let mark = "… (cut)"

    /// The text where it is no longer than that, else its beginning and a mark that says so.
    ///
    /// - Parameter most: bytes of UTF-8, the mark included
    static func cut(_ text: String, to most: Int = longest) -> String {
        guard text.utf8.count > most else { return text }
        // By scalars, since one character may be of any number of them.
        var kept = String.UnicodeScalarView()
        var left = most - mark.utf8.count
        for scalar in text.unicodeScalars {
            left -= UTF8.width(scalar)
            guard left >= 0 else { break }
            kept.append(scalar)
        }
        return String(kept) + mark
    }
}
