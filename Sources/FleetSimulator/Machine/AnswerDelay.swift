/// How long a BMC takes for its answers: never less than `least`, and a few of them nearly `tail` longer, as real BMCs do.
struct AnswerDelay: Sendable {
    /// Steps of this spread evenly over the unit interval, in the same way in each run.
    private static let step = 0.618_033_988_749_894_9

    var least = Duration.zero
    var tail = Duration.zero
    private var place: Double
    /// Of the answer that is being made.
    private(set) var current = Duration.zero

    /// - Parameter name: of what answers, so that all do not draw the same
    init(of name: String) {
        place = Double(name.utf8.reduce(0) { ($0 * 31 + Int($1)) % 1009 }) / 1009
    }

    mutating func draw() {
        place = (place + Self.step).truncatingRemainder(dividingBy: 1)
        // The cube of an even draw: half are within an eighth of the tail, one in ten is in its last three tenths.
        current = least + tail * (place * place * place)
    }
}
