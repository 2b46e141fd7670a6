public import StrictJSON

/// Whole documents. They need no script: it only keeps them up to date and makes searching quicker.
public enum PageDocument {
    /// - Parameter query: what is searched for, as it stands in the address
    public static func overview(_ input: PageInput, query: String = "") -> HTML {
        let parts = Dictionary(uniqueKeysWithValues: PageParts.all(input).map { ($0.id, $0.html) })
        func part(_ id: String) -> HTML { "<div id=\"\(id)\" data-part>\(parts[id] ?? "")</div>" }
        let needle = query.lowercased()
        let found: HTML = query.isEmpty ? "" : FindResults.html(input, query: query)
        let main: HTML = """
            <section aria-labelledby="h-trust"><h2 id="h-trust" class="silent">Can this page be trusted</h2>\
            \(part("trust"))</section>\
            <section aria-labelledby="h-breaches"><h2 id="h-breaches">Breaches</h2>\(part("breaches"))</section>\
            <section aria-labelledby="h-failures"><h2 id="h-failures">What does not obey</h2>\(part("failures"))</section>\
            <section id="where" aria-labelledby="h-where"><h2 id="h-where">Where</h2>\
            <form role="search" action="/" method="get"><label for="q">Find resources, BMCs and breaches</label>\
            <input type="search" id="q" name="q" value="\(query)" autocomplete="off" spellcheck="false" maxlength="200">\
            <button>Find</button></form>\
            <div id="found" aria-live="polite">\(found)</div>\
            \(part("legend"))<div id="grid">\(Grid.html(input.resources, matching: needle))</div></section>\
            <section aria-labelledby="h-happened"><h2 id="h-happened">What happened</h2>\(part("happened"))</section>\
            <section aria-labelledby="h-past"><h2 id="h-past">Breaches that are over</h2>\(part("past"))</section>
            """
        return document(
            title: title(input), status: input.status, version: input.version, isLive: true, main: main,
            jumps: [
                ("breaches", "Breaches"), ("failures", "What does not obey"), ("where", "Where"),
                ("happened", "What happened"), ("past", "Past"),
            ])
    }

    /// In the browser's tab: what is to be seen there without coming back.
    public static func title(_ input: PageInput) -> String {
        let agent = input.status["agent"]?.string ?? "ima"
        let open = input.status["breaches"]?.array?.count ?? 0
        let breaches = open == 0 ? "" : open == 1 ? "1 breach - " : "\(open) breaches - "
        return "\(input.status["frozen"]?.object == nil ? "" : "FROZEN - ")\(breaches)\(agent)"
    }

    /// - Parameter jumps: within the page, for who does not want to go through all of it
    static func document(
        title: String, status: JSONValue, version: String = "", isLive: Bool = false, main: HTML,
        jumps: [(id: String, name: String)] = []
    ) -> HTML {
        let agent = status["agent"]?.string ?? "ima"
        let refresh: HTML = isLive ? "<noscript><meta http-equiv=\"refresh\" content=\"15\"></noscript>" : ""
        let links = jumps.map { jump -> HTML in "<a href=\"#\(jump.id)\">\(jump.name)</a>" }.joined()
        let nav: HTML =
            jumps.isEmpty ? "<nav><a href=\"/\">Overview</a></nav>" : "<nav aria-label=\"on this page\">\(links)</nav>"
        return """
            <!doctype html><html lang="en"><head><meta charset="utf-8">\
            <meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">\
            <title>\(title)</title><link rel="icon" href="/assets/icon.svg" type="image/svg+xml">\
            <link rel="stylesheet" href="\(PageAssets.style.address)">\
            <script src="\(PageAssets.script.address)" defer></script>\(refresh)</head>\
            <body\(isLive ? " data-version=\"\(version)\"" as HTML : "")><a class="skip" href="#main">Skip to the content</a>\
            <header><h1><a href="/">\(agent)</a></h1><p>Infrastructure Management Agent</p>\
            <p id="live">as of \(Words.time(status["at"]?.string))</p>\(nav)</header>\
            <main id="main" tabindex="-1">\(main)</main>\
            <footer><p>Read-only: commands are typed on the agent's machine, such as <code>ima status</code>, \
            <code>ima explain RESOURCE</code>, <code>ima freeze</code>, <code>ima release BREACH</code>. \
            For programs: <a href="/api/v1/openapi.json">the interface</a>, <a href="/metrics">metrics</a>.</p></footer>\
            </body></html>
            """
    }

    /// Only what a search comes to, for the script.
    public static func results(_ input: PageInput, query: String) -> HTML {
        """
        <!doctype html><html lang="en"><head><meta charset="utf-8"><title>Find</title></head><body>\
        <div id="found">\(FindResults.html(input, query: query))</div>\
        <div id="grid">\(Grid.html(input.resources, matching: query.lowercased()))</div></body></html>
        """
    }

    /// For an address.
    public static func encoded(_ text: String) -> String { HTML.percent(text) }

    /// What cannot be shown, and why.
    public static func problem(_ title: String, _ words: String, status: JSONValue) -> HTML {
        document(
            title: title, status: status, main: "<h2>\(title)</h2><p>\(words)</p><p><a href=\"/\">Overview</a></p>")
    }
}
