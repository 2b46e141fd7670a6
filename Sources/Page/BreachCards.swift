import StrictJSON

/// The open breaches: asked, confirmed and measured as a bar each, progress by priority, and how far a release is.
enum BreachCards {
    private static let most = 20
    private static let maximumPriorities = 12

    static func html(_ input: PageInput) -> HTML {
        let breaches = input.status["breaches"]?.array ?? []
        var html = observed(input.status["observed"]?.array ?? [])
        guard !breaches.isEmpty else {
            return html + (html.isEmpty ? "<p class=\"none\">no breach is open</p>" : "")
        }
        let order = breaches.enumerated().sorted {
            (weight($1.element), $0.offset) < (weight($0.element), $1.offset)
        }.map(\.element)
        for breach in order.prefix(most) { html += card(breach) }
        if order.count > most {
            html += "<p>and \(order.count - most) more: <a href=\"/api/v1/breaches\">all breaches</a></p>"
        }
        return html
    }

    private static func weight(_ breach: JSONValue) -> Int {
        let failed = breach["counts"]?["failed"]?.number?.int ?? 0
        return (failed > 0 ? 2 : 0) + (breach["severity"] == "critical" ? 1 : 0)
    }

    private static func card(_ breach: JSONValue) -> HTML {
        let id = breach["id"]?.string ?? ""
        let isDrill = breach["drill"] == true
        let severity = isDrill ? "drill" : breach["severity"]?.string ?? ""
        let phase = breach["phase"]?.string ?? ""
        // Until when is told below, as a time that the script counts down to.
        let stage = phase.hasPrefix("holding down") ? "resolved, holding down" : phase
        let isRelease = phase.hasPrefix("releasing")
        let place: HTML = isDrill ? "" : " on <b>\(breach["feed"]?.string ?? "")</b>"
        var html: HTML = """
            <article class="breach \(severity)" id="breach-\(id)"><h3><span class="tag">\(severity)</span>\(place): \
            \(stage) <small>\(Words.link(breach: id)) opened \(Words.time(breach["opened_at"]?.string)) by \
            \(breach["source"]?.string ?? "")</small></h3>
            """
        if breach["awaiting_resume"] == true {
            html +=
                "<p class=\"warn\">waits for <code>ima resume</code> or <code>ima release \(String(id.prefix(8)))</code></p>"
        }
        html += load(breach["load"]) + actions(breach["infrastructure_actions"])
        if let power = breach["power"] { html += self.power(power) }
        if let counts = breach["counts"] { html += self.counts(counts, isRelease) }
        html += release(breach)
        html += priorities(breach["priorities"]?.array ?? [], isRelease)
        return html + "</article>"
    }

    /// What the feed carries against what it may, by the latest alert.
    private static func load(_ load: JSONValue?) -> HTML {
        guard let measured = load?["measured_watts"]?.number?.int, let target = load?["target_watts"]?.number?.int
        else { return "" }
        let over = measured - target
        let words =
            over > 0
            ? "\(Words.kilowatts(measured)) of \(Words.kilowatts(target)) allowed, \(Words.kilowatts(over)) too much"
            : "\(Words.kilowatts(measured)) of \(Words.kilowatts(target)) allowed"
        let parts = [("load", Double(min(measured, target))), ("over", Double(max(0, over)))]
        return """
            <p class="load"><b>Feed</b> \(Bar.html(parts, of: Double(max(1, measured, target)), label: "the feed carries \(words)")) \
            \(words) <small>says the power agent's alert, \(Words.time(load?["at"]?.string))</small></p>
            """
    }

    /// What the alert wants of people.
    private static func actions(_ actions: JSONValue?) -> HTML {
        let names = (actions?.array ?? []).compactMap(\.string)
        guard !names.isEmpty else { return "" }
        return "<p class=\"warn\">for people to do, not executed: <b>\(names.joined(separator: ", "))</b></p>"
    }

    private static func power(_ power: JSONValue) -> HTML {
        func watts(_ key: String) -> Int { power["\(key)_watts"]?.number?.int ?? 0 }
        let whole = Double(max(1, watts("asked"), watts("confirmed"), watts("measured")))
        let coverage = power["coverage"]?.number.flatMap { Double($0.text) } ?? 0
        let notes = [
            "asked": "to shed", "confirmed": "by caps that were read back",
            "measured": coverage > 0
                ? "by fresh meters, of \(Int((coverage * 100).rounded())) % of the watts"
                : "no meter has told anything yet",
        ]
        var html: HTML = "<dl class=\"power\">"
        for key in ["asked", "confirmed", "measured"] {
            // What no meter tells is not known, and none of it would be a number.
            let value = key == "measured" && coverage == 0 ? "unknown" : Words.kilowatts(watts(key))
            html += """
                <div><dt>\(key)</dt><dd><b>\(value)</b> \
                \(Bar.html([(key, Double(watts(key)))], of: whole, label: "\(key) \(value)")) \
                <small>\(notes[key] ?? "")</small></dd></div>
                """
        }
        return html + "</dl>"
    }

    private static let codes = ["applied", "failed", "in_progress", "skipped"]

    /// - Parameter isRelease: what is counted is how far controls are put back then
    private static func words(_ counts: JSONValue, _ isRelease: Bool) -> String {
        let told = codes.compactMap { code -> String? in
            guard let number = counts[code]?.number?.int, number > 0 else { return nil }
            let word =
                switch code {
                case "applied" where isRelease: "put back"
                case "in_progress" where isRelease: "to be put back"
                case "failed" where isRelease: "not put back yet"
                default: code.replacing("_", with: " ")
                }
            return "\(number) \(word)"
        }
        return told.isEmpty ? "nothing to do" : told.joined(separator: ", ")
    }

    private static func bar(_ counts: JSONValue, _ isRelease: Bool) -> HTML {
        let parts = codes.map { ($0, Double(counts[$0]?.number?.int ?? 0)) }
        return Bar.html(parts, of: parts.map(\.1).reduce(0, +), label: words(counts, isRelease))
    }

    private static func counts(_ counts: JSONValue, _ isRelease: Bool) -> HTML {
        "<p class=\"counts\">\(bar(counts, isRelease)) \(words(counts, isRelease))</p>"
    }

    private static func release(_ breach: JSONValue) -> HTML {
        guard let release = breach["release"], release.object != nil else { return "" }
        let all = breach["controls"]?.number?.int ?? 0
        let left = release["remaining"]?.number?.int ?? 0
        let rate =
            release["rate_watts_per_s"]?.number?.int.map { ", at most \(Words.kilowatts($0)) more each second" } ?? ""
        let isHolding = breach["phase"]?.string?.hasPrefix("holding") == true
        return """
            <p class="release"><b>Release</b> \
            \(Bar.html([("applied", Double(all - left))], of: Double(all), label: "\(all - left) of \(all) put back")) \
            \(all - left) of \(Words.count(all, "control")) put back; \(isHolding ? "begins" : "next step") \
            \(Words.time(release["next_at"]?.string))\(rate)</p>
            """
    }

    private static func priorities(_ priorities: [JSONValue], _ isRelease: Bool) -> HTML {
        guard priorities.count > 1 else { return "" }
        var html: HTML = """
            <div class="wide"><table><thead><tr><th scope="col">priority<th scope="col">progress\
            <th scope="col" class="n">confirmed of asked</tr></thead><tbody>
            """
        for priority in priorities.prefix(maximumPriorities) {
            func watts(_ key: String) -> String { Words.kilowatts(priority["power"]?[key]?.number?.int ?? 0) }
            let confirmed = watts("confirmed_watts").replacing(" kW", with: "")
            html += """
                <tr><th scope="row">\(priority["priority"]?.text ?? "")</th><td>\(bar(priority, isRelease)) \(words(priority, isRelease))\
                <td class="n">\(confirmed) of \(watts("asked_watts"))</tr>
                """
        }
        html += "</tbody></table></div>"
        if priorities.count > maximumPriorities {
            html += "<p>and \(priorities.count - maximumPriorities) more priorities</p>"
        }
        return html
    }

    /// In `mode: observe`, what would have been done.
    private static func observed(_ observations: [JSONValue]) -> HTML {
        var html = HTML()
        for one in observations.prefix(most) {
            func number(_ key: String) -> Int { one[key]?.number?.int ?? 0 }
            html += """
                <article class="breach observed"><h3><span class="tag">observed</span> on <b>\(one["feed"]?.string ?? "")</b> \
                <small>\(one["severity"]?.string ?? "") since \(Words.time(one["since"]?.string))</small></h3>\
                <p>would have been done: \(Words.count(number("caps"), "cap")), \(Words.count(number("suspends"), "suspend")), \
                \(number("skipped")) skipped; \(Words.kilowatts(number("asked_watts"))) asked</p></article>
                """
        }
        return html
    }
}
