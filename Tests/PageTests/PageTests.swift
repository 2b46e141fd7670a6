import Foundation
import StrictJSON
import Testing

@testable import Page

struct PageTests {
    private static let status: JSONValue = [
        "agent": "ima-1", "at": "2026-11-21T04:20:00.000Z", "mode": "enforce", "broker": "subscribed",
        "readiness": ["visited": 2, "enforceable": 2, "total": 2], "breaches": [],
    ]

    private static func rows(_ count: Int) -> [ResourceRow] {
        (0..<count).map {
            ResourceRow(
                id: "dgx-\($0)", type: "node", parent: "rack-\($0 / 18)", bmc: "10.0.0.1:443", state: .enforceable)
        }
    }

    @Test func nothingThatIsInterpolatedBecomesATag() {
        let name = "<script>alert('\"&\"')</script>"
        let html: HTML = "<a title=\"\(name)\">\(name)</a>\(3)\("<b>" as HTML)"
        let escaped = "&lt;script&gt;alert(&#39;&quot;&amp;&quot;&#39;)&lt;/script&gt;"
        #expect(html.text == "<a title=\"\(escaped)\">\(escaped)</a>3<b>")
        #expect(HTML.percent("a b/ü?.~") == "a%20b%2F%C3%BC%3F.~")
    }

    /// Whatever strangers and operators wrote comes to the page as text.
    @Test func foreignTextStaysText() {
        let evil = "<img src=x onerror=alert(1)>"
        var status = Self.status.object ?? JSONObject()
        status["frozen"] = [
            "scope": .string(evil), "user": .string(evil), "reason": .string(evil),
            "freezes": [["scope": .string(evil), "user": .string(evil), "reason": .string(evil)]],
        ]
        status["journal_failure"] = .string(evil)
        status["breaches"] = [
            ["id": .string(evil), "feed": .string(evil), "source": .string(evil), "phase": .string(evil)]
        ]
        let input = PageInput(
            status: .object(status),
            failures: [
                FailureRow(
                    cause: evil, count: 2, noun: "BMC", bmcs: [evil], resources: [evil, "b"], since: evil, next: evil)
            ],
            resources: [ResourceRow(id: evil, type: "node", parent: evil, state: .failed, held: [evil], why: evil)],
            history: [["kind": .string(evil), "code": .string(evil), "message": .string(evil), "at": .string(evil)]],
            past: [["id": .string(evil), "feed": .string(evil)]])
        let page = PageDocument.overview(input, query: evil).text
        #expect(!page.contains("<img"))
        #expect(page.contains("&lt;img src=x"))
    }

    @Test func aBreachTellsWhatItsFeedCarriesAndMay() {
        func page(_ load: JSONValue) -> String {
            var status = Self.status.object ?? JSONObject()
            status["breaches"] = [["id": "1a2b3c4d", "feed": "main-a", "severity": "warning", "load": load]]
            return PageDocument.overview(PageInput(status: .object(status))).text
        }
        let over = page(["measured_watts": 1_150_000, "target_watts": 1_000_000, "at": "2026-11-21T04:20:00Z"])
        #expect(over.contains("1150 kW of 1000 kW allowed, 150.00 kW too much"))
        #expect(over.contains("class=\"b-over\"") && over.contains("2026-11-21 04:20:00 UTC"))
        let under = page(["measured_watts": 950_000, "target_watts": 1_000_000, "at": "2026-11-21T04:20:00Z"])
        #expect(under.contains("950.00 kW of 1000 kW allowed <small>") && !under.contains("class=\"b-over\""))
        #expect(!page(.null).contains("allowed"))
    }

    @Test func aBreachTellsWhatPeopleAreToDo() {
        func page(_ actions: JSONValue) -> String {
            var status = Self.status.object ?? JSONObject()
            status["breaches"] = [["id": "1a2b3c4d", "feed": "main-a", "infrastructure_actions": actions]]
            return PageDocument.overview(PageInput(status: .object(status))).text
        }
        #expect(page(["TRIP_BREAKERS"]).contains("for people to do, not executed: <b>TRIP_BREAKERS</b>"))
        for nothing in [JSONValue.null, []] { #expect(!page(nothing).contains("for people to do")) }
    }

    @Test func anExplanationSaysWhoFrozeItAndWhy() {
        let page = PageDocument.explanation(
            ["resource": "n1", "frozen": ["scope": "rack-2", "user": "root", "reason": "cooling <works>"]], row: nil,
            status: Self.status
        ).text
        #expect(page.contains("FROZEN: rack-2 by root (cooling &lt;works&gt;)"))
    }

    /// In a breach one outcome comes between the others of another kind: hundreds of lines would tell nobody anything.
    @Test func whatHappenedToManyIsOneLineWhateverCameBetween() {
        func line(_ second: Int, _ code: String, _ control: String?) -> JSONValue {
            [
                "kind": .string(control == nil ? "report" : "outcome"), "code": .string(code),
                "at": .string("2026-11-21T04:20:\(10 + second).000Z"), "breach_id": "1a2b3c4d",
                "control": control.map { .string("\($0)/power_limit") } ?? .null,
            ]
        }
        let burst = (0..<20).map { line($0, $0.isMultiple(of: 2) ? "applied" : "failed", "dgx-\($0)") }
        let lines = burst + [line(20, "applied partial", nil), line(21, "failed", "dgx-99")]
        let text = Timeline.html(lines).text
        #expect(text.components(separatedBy: "<li").count - 1 == 4)
        #expect(text.contains("10×") && text.contains("2026-11-21 04:20:29 UTC"))
    }

    @Test func eachNodeHasACellThatNamesItAndLeadsToIt() {
        let page = PageDocument.overview(PageInput(status: Self.status, resources: Self.rows(40))).text
        for number in 0..<40 {
            #expect(
                page.contains(
                    "data-node=\"dgx-\(number)\" href=\"/resources/dgx-\(number)\" aria-label=\"dgx-\(number): enforceable\""
                ))
        }
        #expect(page.contains("input type=\"search\""))
        #expect(!page.contains("style=\"") && !page.contains("<style") && !page.contains("onclick"))
    }

    @Test func theFilterIsInTheAddressAndHolds() {
        let input = PageInput(status: Self.status, resources: Self.rows(40))
        let page = PageDocument.overview(input, query: "DGX-7").text
        #expect(page.contains("value=\"DGX-7\""))
        #expect(page.contains("data-node=\"dgx-7\"") && !page.contains("data-node=\"dgx-8\""))
        #expect(PageDocument.overview(input, query: "nowhere").text.contains("nothing here matches"))
    }

    /// GPUs are in the cell of their node, and what is wrong with one is seen there.
    @Test func aNodeShowsWhatIsWrongInside() {
        var rows = Self.rows(1)
        rows.append(ResourceRow(id: "dgx-0-gpu1", type: "gpu", parent: "dgx-0", state: .failed, why: "refused"))
        rows.append(ResourceRow(id: "dgx-0-gpu2", type: "gpu", parent: "dgx-0", state: .applied))
        let cells = PageCells.all(rows)
        #expect(cells.count == 1 && cells[0].state == .failed && cells[0].why == "dgx-0-gpu1: refused")
    }

    @Test func whatHappenedToManyIsOneLine() {
        let lines = (0..<181).map { number -> JSONValue in
            [
                "seq": .number(JSONNumber(number)), "at": "2026-11-21T04:20:00.000Z", "kind": "outcome",
                "code": "applied",
                "breach_id": "b", "control": .string("dgx-\(number)/power_limit"),
            ]
        }
        let text = Timeline.html(lines).text
        #expect(text.contains("181×") && text.components(separatedBy: "<li").count == 2)
    }

    /// The first paint and the size of it are bounded, also for ten thousand.
    @Test func tenThousandNodesAreLittleOnTheWire() {
        let page = PageDocument.overview(PageInput(status: Self.status, resources: Self.rows(10_000))).text
        #expect(page.utf8.count < 2_500_000, "\(page.utf8.count)")
        #expect(Gzip.compress(Array(page.utf8)).count < 300_000)
    }

    @Test func powersAreReadable() {
        let powers = [0, 4_804, 12_500, 999_994, 31_509_040, -4_200, Int.min]
        let words = ["0.00 kW", "4.80 kW", "12.50 kW", "999.99 kW", "31509 kW", "-4.20 kW", "-9223372036854776 kW"]
        #expect(powers.map(Words.kilowatts) == words)
    }

    @Test func timesInSentencesAreTimes() {
        let text = Words.sentence("FROZEN since 2026-11-21T04:20:00.125Z until dawnT0Z (x): `ima thaw`").text
        #expect(
            text == "FROZEN since <time datetime=\"2026-11-21T04:20:00.125Z\">2026-11-21 04:20:00 UTC</time>"
                + " until dawnT0Z (x): <code>ima thaw</code>")
    }

    @Test func anOpenBreachShowsItsThreeNumbersApart() {
        var status = Self.status.object ?? JSONObject()
        status["breaches"] = [
            [
                "id": "1b4e28ba-2fa1-41d2-883f-0016d3cca427", "feed": "main-a", "severity": "critical", "phase": "open",
                "opened_at": "2026-11-21T04:20:00.000Z", "controls": 4,
                "power": ["asked_watts": 12_500, "confirmed_watts": 12_400, "measured_watts": 0, "coverage": 0],
                "counts": ["applied": 3, "failed": 1, "skipped": 0, "in_progress": 0],
            ]
        ]
        let page = PageDocument.overview(PageInput(status: .object(status))).text
        for words in ["12.50 kW", "12.40 kW", "no meter has told anything yet", "3 applied, 1 failed", "1 PROBLEM"] {
            #expect(page.contains(words), "\(words)")
        }
    }
}
