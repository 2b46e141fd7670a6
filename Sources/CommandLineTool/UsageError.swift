/// Wrong usage in one line, as every other error: scripts and logs take lines.
enum UsageError {
    /// - Parameter message: as the argument parser words it: `Error: …`, what the argument means, the usage, and where there
    ///   is more
    /// - Returns: `Missing value for '--for <for>': see 'ima freeze --help'`
    static func line(_ message: String) -> String {
        var (words, hint): ([Substring], Substring?) = ([], nil)
        for line in message.split(separator: "\n") {
            let text = line.drop { $0 == " " }
            if text.hasPrefix("Usage:") || text.hasPrefix("Help:") { continue }
            if text.hasPrefix("See '"), text.hasSuffix(" for more information.") {
                hint = text.dropFirst("See ".count).dropLast(" for more information.".count)
            } else {
                words.append(text.hasPrefix("Error: ") ? text.dropFirst("Error: ".count) : text)
            }
        }
        return words.joined(separator: "; ") + (hint.map { ": see \($0)" } ?? "")
    }
}
