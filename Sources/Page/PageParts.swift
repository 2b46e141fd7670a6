import StrictJSON
import Terminal

/// The parts of the page that change as a whole, by the ids of their elements. Without the time of the moment, so that two
/// of the same text are the same.
public enum PageParts {
    public static func all(_ input: PageInput) -> [(id: String, html: HTML)] {
        [
            ("trust", trust(input)), ("breaches", BreachCards.html(input)), ("failures", FailureTable.html(input)),
            ("legend", Grid.legend(PageCells.all(input.resources))), ("happened", Timeline.html(input.history)),
            ("past", past(input.past)),
        ]
    }

    // MARK: Can this page be trusted

    private static func trust(_ input: PageInput) -> HTML {
        let status = input.status
        let judgement = StatusJudgement(status)
        var html = HTML()
        if judgement.isGood {
            html += "<p class=\"verdict good\" role=\"status\"><b>OK</b> the agent is well, and this can be trusted</p>"
        } else {
            let count = Words.count(judgement.problems.count, "problem").uppercased()
            html += "<p class=\"verdict bad\" role=\"alert\"><b>\(count)</b></p><ul class=\"problems\">"
            for problem in judgement.problems { html += "<li>\(Words.sentence(problem))</li>" }
            html += "</ul>"
        }
        if !judgement.notes.isEmpty {
            html += "<ul class=\"notes\">"
            for note in judgement.notes { html += "<li>\(Words.sentence(note))</li>" }
            html += "</ul>"
        }
        html += freezes(status["frozen"]?["freezes"]?.array ?? [])
        html += "<dl class=\"facts\">"
        for (name, value) in facts(status) { html += "<div><dt>\(name)</dt><dd>\(value)</dd></div>" }
        return html + "</dl>"
    }

    private static func freezes(_ freezes: [JSONValue]) -> HTML {
        // One is told above, with all that there is to it.
        guard freezes.count > 1 else { return "" }
        var html: HTML = """
            <table><caption>Frozen: nothing is written there until it is thawed</caption><thead><tr><th scope="col">what\
            <th scope="col">by<th scope="col">why<th scope="col">since<th scope="col">until</tr></thead><tbody>
            """
        for freeze in freezes.prefix(20) {
            let until: HTML = freeze["until"]?.string == nil ? "thawed" : Words.time(freeze["until"]?.string)
            html += """
                <tr><th scope="row">\(freeze["scope"]?.string ?? "all")</th><td>\(freeze["user"]?.string ?? "unknown")\
                <td>\(freeze["reason"]?.string ?? "no reason was given")<td>\(Words.time(freeze["since"]?.string))\
                <td>\(until)</tr>
                """
        }
        html += "</tbody></table>"
        if freezes.count > 20 { html += "<p>and \(freezes.count - 20) more: <code>ima status --json</code></p>" }
        return html
    }

    private static func facts(_ status: JSONValue) -> [(String, HTML)] {
        let readiness = status["readiness"]
        let bmcs = status["bmcs"]
        let states = ["healthy", "failing", "recovering", "unknown"].compactMap { name -> String? in
            guard let number = bmcs?[name]?.number?.int, number > 0 else { return nil }
            return "\(number) \(name == "unknown" ? "not looked at yet" : name)"
        }
        let configuration = status["configuration"]
        return [
            ("mode", "\(status["mode"]?.string ?? "unknown")"),
            ("broker", "\(status["broker"]?.string ?? "unknown")"),
            ("journal", status["journal_failure"]?.string == nil ? "open" : "failing"),
            ("role", "\(StandbyText.role(status))"),
            (
                "enforceable",
                "\(readiness?["enforceable"]?.text ?? "0") of \(Words.count(readiness?["total"]?.number?.int ?? 0, "resource")) with a BMC"
            ),
            ("BMCs", "\(states.isEmpty ? "none" : states.joined(separator: ", "))"),
            (
                "configuration",
                "generation \(configuration?["generation"]?.text ?? "1") since \(Words.time(configuration?["since"]?.string))"
            ),
            ("version", "\(status["version"]?.string ?? "")"),
        ] + standby(status["standby"])
    }

    /// Of an agent that shares its journal with others.
    private static func standby(_ standby: JSONValue?) -> [(String, HTML)] {
        guard let standby, let site = standby["site"]?.string else { return [] }
        let members = standby["members"]?.array ?? []
        return [
            ("site and shard", "\(site)/\(standby["shard"]?.string ?? "")"),
            ("leads", "\(standby["leader"]?.string ?? "nobody")"),
            (
                "shared journal",
                "entry \(standby["entry"]?.text ?? "0"), \(standby["lag"]?.text ?? "0") behind"
            ),
            (
                "etcd",
                "\(members.count { $0["healthy"] == true }) of \(Words.count(members.count, "member")) answer"
            ),
        ] + (StandbyText.counts(standby["site_counts"]).map { [("over the site", "\($0)")] } ?? [])
    }

    // MARK: What is over

    private static func past(_ breaches: [JSONValue]) -> HTML {
        guard !breaches.isEmpty else { return "<p class=\"none\">no breach is over yet</p>" }
        var html: HTML = """
            <div class="wide"><table><thead><tr><th scope="col">breach<th scope="col">feed<th scope="col">severity\
            <th scope="col">opened<th scope="col">ended</tr></thead><tbody>
            """
        for breach in breaches {
            let id = breach["id"]?.string ?? ""
            let ended = breach["phase"]?.string.map { $0.replacing("closed at ", with: "") }
            html += """
                <tr><th scope="row">\(Words.link(breach: id))</th><td>\(breach["feed"]?.string ?? "")\
                <td>\(breach["drill"] == true ? "drill" : breach["severity"]?.string ?? "")\
                <td>\(Words.time(breach["opened_at"]?.string))<td>\(Words.time(ended))</tr>
                """
        }
        return html + "</tbody></table></div>"
    }
}
