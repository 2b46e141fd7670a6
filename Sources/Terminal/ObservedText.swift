import PowerEvents
import StrictJSON

/// What an agent that only observes would do for the breaches that it hears of.
enum ObservedText {
    private static let most = 4

    static func lines(_ status: JSONValue) -> [String] {
        let observed = status["observed"]?.array ?? []
        var lines = observed.prefix(most).map { breach in
            let names = [("caps", "capped"), ("suspends", "suspended"), ("skipped", "skipped")]
            let counts = Line.counts(names.map { (breach[$0.0]?.number?.int ?? 0, $0.1) }, none: "nothing to do")
            let asked = breach["asked_watts"]?.number?.int.map { ", \(Line.power($0)) asked for" } ?? ""
            return "would do for breach \(StatusText.short(breach["id"])) on \(breach["feed"]?.string ?? ""):"
                + " \(counts)\(asked); `ima history --breach \(StatusText.short(breach["id"]))`"
        }
        if observed.count > most { lines.append("and for \(observed.count - most) more breaches") }
        return lines
    }
}
