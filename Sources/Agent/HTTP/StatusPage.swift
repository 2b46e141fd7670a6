import PowerEvents
import Shedding

/// A page for people: which breaches are open, and what is held because of them.
enum StatusPage {
    static func html(_ status: StatusSnapshot) -> String {
        var body = "<h1>Infrastructure Management Agent</h1>"
        body += "<p>\(status.resources) resources, \(status.breaches.count) breaches, \(status.controls.count) controls"
        body += "</p>"
        for freeze in status.freezes.all { body += "<p><strong>\(escape(FreezeText.line(freeze)))</strong></p>" }
        if let finding = status.confirmation {
            body += "<p><strong>the journal is not resumed</strong>: \(escape(finding.reason))</p>"
        }
        body += "<p>\(status.readiness.summary(status.health))</p>"
        body += table(
            ["breach", "feed", "phase", "hints"],
            status.breaches.map { [$0.id.text, $0.feed, StatusSnapshot.phase($0), "\($0.plans.count)"] })
        body += table(
            ["control", "held before", "holds", "outcome"],
            status.controls.map { control in
                [
                    control.entry.key.description, control.entry.prior?.value.description ?? "",
                    control.outcome?.value?.description ?? "",
                    [control.outcome?.code.rawValue ?? "in progress", control.outcome?.message]
                        .compactMap { $0 }.joined(separator: ": "),
                ]
            })
        return """
            <!doctype html><html lang="en"><meta charset="utf-8"><title>ima</title>
            <style>body{font:14px sans-serif;margin:2em}table{border-collapse:collapse;margin:1em 0}
            td,th{border:1px solid #999;padding:.2em .6em;text-align:left}</style>\(body)</html>
            """
    }

    private static func table(_ head: [String], _ rows: [[String]]) -> String {
        guard !rows.isEmpty else { return "" }
        let cells = { (tag: String, row: [String]) in row.map { "<\(tag)>\(escape($0))</\(tag)>" }.joined() }
        return "<table><tr>\(cells("th", head))</tr>" + rows.map { "<tr>\(cells("td", $0))</tr>" }.joined() + "</table>"
    }

    private static func escape(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }
}
