public import StrictJSON

/// One breach with its evidence: what was asked, written, read back and measured.
extension PageDocument {
    private static let maximumResults = 500

    /// - Parameter breach: as `/api/v1/breaches/{id}`
    public static func breach(_ breach: JSONValue, history: [JSONValue], status: JSONValue) -> HTML {
        let id = breach["id"]?.string ?? ""
        var main: HTML = "<h2>Breach \(id)</h2>"
        if breach["phase"]?.string != nil {
            main += BreachCards.html(PageInput(status: ["breaches": [breach]]))
        }
        let evidence = breach["evidence"]
        if let evidence, evidence.object != nil {
            main += "<h3>Evidence</h3>\(curve(evidence["curve"]?.array ?? []))\(figures(evidence))"
            main += results(evidence["results"]?.array ?? [])
        } else {
            main += "<p class=\"none\">the journal has no evidence of it any more</p>"
        }
        main += "<h3>What happened</h3>\(Timeline.html(history))"
        main += """
            <p>All of it, signed: <code>ima evidence \(String(id.prefix(8))) --jws</code>; every step: \
            <code>ima history --breach \(String(id.prefix(8)))</code></p>
            """
        return document(title: "Breach \(String(id.prefix(8)))", status: status, main: main)
    }

    private static func figures(_ evidence: JSONValue) -> HTML {
        func seconds(_ key: String) -> HTML {
            evidence[key]?.number.map { "\($0.text) s" } ?? "not reached by what was measured"
        }
        func watts(_ key: String) -> HTML {
            evidence[key]?.number.flatMap { Double($0.text) }.map {
                "\(Words.kilowatts(Int(max(-1e12, min(1e12, $0)))))"
            }
                ?? "unknown"
        }
        let coverage = evidence["coverage"]?.number.flatMap { Double($0.text) } ?? 0
        let facts: [(String, HTML)] = [
            ("alert arrived", Words.time(evidence["alert"]?["received_at"]?.string)),
            ("first write", Words.time(evidence["first_write"]?.string)),
            ("last read back", Words.time(evidence["last_read_back"]?.string)), ("asked", watts("asked_watts")),
            ("shed at most, measured", coverage > 0 ? watts("shed_watts") : "unknown"),
            ("drew before", watts("baseline_watts")), ("half of it after", seconds("t50")),
            ("90 % after", seconds("t90")), ("all of it after", seconds("t100")),
            ("energy not drawn", "\(evidence["kwh"]?.text ?? "0") kWh"),
            ("of the watts were measured", "\(Int((coverage * 100).rounded())) %"),
        ]
        var html: HTML = "<dl class=\"facts\">"
        for (name, value) in facts where !value.isEmpty { html += "<div><dt>\(name)</dt><dd>\(value)</dd></div>" }
        return html + "</dl>"
    }

    private static func results(_ results: [JSONValue]) -> HTML {
        guard !results.isEmpty else { return "" }
        let order = ["failed": 0, "skipped": 1, "applied": 2]
        let sorted = results.enumerated().sorted { one, other in
            let left = order[one.element["code"]?.string ?? ""] ?? 3
            let right = order[other.element["code"]?.string ?? ""] ?? 3
            return (left, one.offset) < (right, other.offset)
        }.map(\.element)
        var html: HTML = """
            <details id="results"\(results.count <= 40 ? " open" : "")><summary>\(Words.count(results.count, "control"))\
            </summary><div class="wide"><table><thead><tr><th scope="col">control<th scope="col">outcome\
            <th scope="col">value<th scope="col">why</tr></thead><tbody>
            """
        for result in sorted.prefix(maximumResults) {
            let control = result["control"]?.string ?? ""
            html += """
                <tr><th scope="row"><a href="/resources/\(percent: Timeline.resource(control))">\(control)</a></th>\
                <td>\(result["code"]?.string ?? "")<td>\(result["value"]?.string ?? "")\
                <td>\(result["message"]?.string ?? "")</tr>
                """
        }
        html += "</tbody></table></div>"
        if results.count > maximumResults { html += "<p>the worst \(maximumResults) of \(results.count)</p>" }
        return html + "</details>"
    }

    /// What was shed over time by what meters showed.
    private static func curve(_ points: [JSONValue]) -> HTML {
        let pairs = points.compactMap { point -> (Double, Double)? in
            guard let seconds = point["seconds"]?.number.flatMap({ Double($0.text) }),
                let watts = point["shed_watts"]?.number.flatMap({ Double($0.text) })
            else { return nil }
            return (seconds, watts)
        }
        guard pairs.count > 1, let last = pairs.last?.0, last > 0 else { return "" }
        let top = max(1, pairs.map(\.1).max() ?? 1)
        var path = ""
        for (seconds, watts) in pairs {
            let x = Int(max(0, seconds) / last * 1000)
            let y = 200 - Int(max(0, watts) / top * 190)
            path += path.isEmpty ? "M\(x) \(y)" : "H\(x)V\(y)"
        }
        let most = Words.kilowatts(Int(min(1e12, top)))
        return """
            <figure><svg class="curve" viewBox="0 0 1000 200" preserveAspectRatio="none" role="img" \
            aria-label="shed power over time, \(most) at most"><path d="\(path)"/></svg>\
            <figcaption>shed by what meters showed: \(most) at most, over \(Int(last)) s from the alert</figcaption></figure>
            """
    }
}
