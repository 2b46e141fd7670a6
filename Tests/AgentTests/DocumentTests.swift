import Foundation
import Prometheus
import Testing

@testable import Agent

/// The documents are held to the project: links, metrics, keys, names and pictures. Their commands are held to the programs by
/// `DocumentScenarios`.
struct DocumentTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    private static let catalogue = root.appendingPathComponent("Sources/Agent/Agent.docc")

    private static func articles() throws -> [URL] {
        try FileManager.default.contentsOfDirectory(at: catalogue, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "md" }.sorted { $0.path < $1.path }
    }

    private static func documents() throws -> [URL] {
        try ["README.md", "CONTRIBUTING.md"].map { root.appendingPathComponent($0) } + articles()
    }

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    /// Outside blocks of code.
    private static func prose(_ text: String) -> String {
        var isCode = false
        return text.split(separator: "\n", omittingEmptySubsequences: false).filter { line in
            if line.trimmingCharacters(in: .whitespaces).hasPrefix("```") {
                isCode.toggle()
                return false
            }
            return !isCode
        }.joined(separator: "\n")
    }

    /// What stands in backquotes, and may go on in the next line.
    private static func spans(_ text: String) -> [String] {
        prose(text).matches(of: /`([^`]+)`/).map { String($0.1).replacing("\n", with: " ") }
    }

    // MARK: Links

    /// As the anchors of headings are written.
    private static func anchors(_ text: String) -> Set<String> {
        Set(
            prose(text).matches(of: /(?m)^#+ +(.+?) *$/).map { heading in
                String(heading.1.lowercased().filter { $0.isLetter || $0.isNumber || "_- ".contains($0) })
                    .replacing(" ", with: "-")
            })
    }

    private static func objection(to link: String, in document: URL) throws -> String? {
        if link.hasPrefix("https://") { return nil }
        let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        var target = document
        if parts[0].hasPrefix("doc:") {
            let name = String(parts[0].dropFirst(4))
            // deploy/docs makes an article of it.
            target =
                name == "Contributing"
                ? root.appendingPathComponent("CONTRIBUTING.md") : catalogue.appendingPathComponent("\(name).md")
        } else if !parts[0].isEmpty {
            let folder = document.deletingLastPathComponent()
            target = folder.appendingPathComponent(parts[0])
            if !FileManager.default.fileExists(atPath: target.path) {
                target = folder.appendingPathComponent("Resources/\(parts[0])")
            }
        }
        guard FileManager.default.fileExists(atPath: target.path) else { return "\(link): no such file" }
        guard parts.count == 2, target.pathExtension == "md" else { return nil }
        let known = anchors(try String(contentsOf: target, encoding: .utf8))
        return known.contains(parts[1]) ? nil : "\(link): no such heading"
    }

    @Test func everyLinkLeadsSomewhere() throws {
        var count = 0
        for document in try Self.documents() {
            let text = Self.prose(try String(contentsOf: document, encoding: .utf8))
            let links =
                text.matches(of: /\]\(([^)\s]+)\)/).map { String($0.1) }
                + text.matches(of: /<(doc:[^>]+)>/).map { String($0.1) }
            for link in links {
                if let objection = try Self.objection(to: link, in: document) {
                    Issue.record("\(document.lastPathComponent): \(objection)")
                }
            }
            count += links.count
        }
        #expect(count > 60)
    }

    /// A stranger who opens the README is one click from the first page of each path, and an article stands on one of them.
    @Test func everyArticleIsOnAPath() throws {
        let readme = try Self.text("README.md")
        let landing = try Self.text("Sources/Agent/Agent.docc/Agent.md")
        for first in ["Installing", "PowerAgents", "Promises"] {
            #expect(readme.contains("](Sources/Agent/Agent.docc/\(first).md)"))
        }
        #expect(readme.contains("](CONTRIBUTING.md)"))
        for article in try Self.articles() where article.lastPathComponent != "Agent.md" {
            let name = article.deletingPathExtension().lastPathComponent
            #expect(landing.contains("- <doc:\(name)>"), "\(name)")
            #expect(landing.contains("](\(name).md)"), "\(name)")
        }
    }

    // MARK: Names

    /// Names of the past, which the changelog has to say.
    private static let gone: Set = ["ima_events_swallowed_total"]

    @Test func everyMetricIsThere() throws {
        let all = AgentMetrics().all + StandbyMetrics(site: "main", shard: "a").all
        let metrics = Set(all.map(\.name)).union(Self.gone)
        for document in try Self.documents() {
            let text = try String(contentsOf: document, encoding: .utf8)
            for name in text.matches(of: /\bima_[a-z_]+/).map({ String($0.output) }) {
                #expect(metrics.contains(name), "\(document.lastPathComponent)")
            }
        }
    }

    private static func keys() throws -> Set<String> {
        var keys = Set(ConfigurationKey.all.flatMap { $0.path.split(separator: ".").map(String.init) })
        for file in ["inventory/site.schema.json", "deploy/power-agent.yaml", "deploy/ima.yaml"] {
            keys.formUnion(try text(file).matches(of: /([a-z_]+)"?:/).map { String($0.1) })
        }
        let scenarios = root.appendingPathComponent("deploy/scenarios")
        for file in try FileManager.default.contentsOfDirectory(at: scenarios, includingPropertiesForKeys: nil) {
            keys.formUnion(try String(contentsOf: file, encoding: .utf8).matches(of: /([a-z_]+):/).map { String($0.1) })
        }
        return keys
    }

    /// What is written as `key: value`, in a line or in a block of YAML, is a key of the configuration or of the inventory.
    @Test func everyKeyIsThere() throws {
        let known = try Self.keys()
        // What commands and logs print before a colon.
        let printed: Set = ["applied", "cap", "draws", "note", "reverted"]
        for document in try Self.documents() {
            let text = try String(contentsOf: document, encoding: .utf8)
            let blocks = text.matches(of: /```yaml\n([^`]+)```/).map { String($0.1) }
            for code in Self.spans(text).filter({ $0.contains(/^[{ ]*[a-z_]+:( |$)/) }) + blocks {
                let bare = code.replacing(/"[^"]*"/, with: "\"\"").replacing(/#.*/, with: "")
                for key in bare.matches(of: /([a-z_]+):(?:\s|$)/).map({ String($0.1) }) {
                    #expect(known.union(printed).contains(key), "\(document.lastPathComponent): \(code)")
                }
            }
        }
    }

    /// A name with underscores is one that the code, the contract or an example has.
    @Test func everyNameIsSomewhere() throws {
        // Names of brokers' settings, and names that the code puts together.
        var known = try Self.keys().union(Self.gone).union([
            "max_qos", "drill_applied", "drill_reverted", "etcd_disk_wal_fsync_duration_seconds",
            "etcd_mvcc_db_total_size_in_bytes", "etcd_server_has_leader",
        ])
        for folder in ["Sources", "deploy"] {
            let files = try #require(
                FileManager.default.enumerator(
                    at: Self.root.appendingPathComponent(folder), includingPropertiesForKeys: nil))
            for case let file as URL in files where ["swift", "json", "yml", "c", "h"].contains(file.pathExtension) {
                let text = try String(contentsOf: file, encoding: .utf8)
                known.formUnion(text.matches(of: /[a-z0-9]+(?:_[a-z0-9]+)+/).map { String($0.output) })
            }
        }
        for document in try Self.documents() {
            for span in Self.spans(try String(contentsOf: document, encoding: .utf8)) {
                guard span.wholeMatch(of: /[a-z]+(?:_[a-z0-9]+)+/) != nil else { continue }
                #expect(known.contains(span), "\(document.lastPathComponent)")
            }
        }
    }

    // MARK: Pictures

    /// The modules that `Package.swift` declares, with what each uses of the others.
    private static func package() throws -> [String: Set<String>] {
        // Tests, and what is only there so that C can be linked and a commit be told.
        let hidden: Set = [
            "TestSupport", "BadDisk", "CAllocator", "CMosquitto", "CCurl", "COpenSSL", "CSQLiteSession", "CBuild",
            "BuildInformation", "CommandLineTool",
        ]
        let text = try text("Package.swift")
        let declared = /\.(?:target|executableTarget)\(\s*name: "(\w+)"/
        let starts = text.matches(of: declared)
        var modules: [String: Set<String>] = [:]
        for (index, match) in starts.enumerated() where !hidden.contains(String(match.1)) {
            let end = index + 1 < starts.count ? starts[index + 1].range.lowerBound : text.endIndex
            var uses: Set<String> = []
            if let list = text[match.range.upperBound..<end].firstMatch(of: /dependencies: \[([^\]]*)\]/) {
                uses = Set(list.1.matches(of: /"(\w+)"/).map { String($0.1) })
            }
            modules[String(match.1)] = uses.subtracting(hidden)
        }
        return modules
    }

    private static func reached(from module: String, _ modules: [String: Set<String>]) -> Set<String> {
        var seen: Set<String> = []
        var open = Array(modules[module] ?? [])
        while let next = open.popLast() {
            guard seen.insert(next).inserted else { continue }
            open += (modules[next] ?? []).subtracting(seen)
        }
        return seen
    }

    /// An arrow for each use but those that another arrow leads to as well.
    @Test func thePictureOfTheModulesIsThePackage() throws {
        let picture = try Self.text("Sources/Agent/Agent.docc/Resources/modules.svg")
        let modules = try Self.package()
        #expect(modules.count > 20)
        let drawn = picture.matches(of: /data-module="(\w+)"/).map { String($0.1) }
        #expect(Set(drawn) == Set(modules.keys), "draw a module that came, take out one that went")
        #expect(drawn.count == Set(drawn).count)
        for match in picture.matches(of: /data-module="(\w+)".*?class="name"[^>]*>(\w+)</) {
            #expect(match.1 == match.2)
        }
        var arrows: Set<String> = []
        for (module, uses) in modules {
            for used in uses {
                let others = uses.subtracting([used])
                if others.contains(where: { Self.reached(from: $0, modules).contains(used) }) { continue }
                arrows.insert("\(module) -> \(used)")
            }
        }
        let found = Set(picture.matches(of: /data-from="(\w+)" data-to="(\w+)"/).map { "\($0.1) -> \($0.2)" })
        #expect(found.subtracting(arrows).sorted() == [], "arrows that the package does not have")
        #expect(arrows.subtracting(found).sorted() == [], "arrows that are not drawn")
    }

    @Test func thePictureOfAnAlertNamesWhatThereIs() throws {
        let picture = try Self.text("Sources/Agent/Agent.docc/Resources/alert.svg")
        let boxes = picture.matches(of: /data-source="([^"]+)".*?class="name"[^>]*>(\w+)/)
        #expect(boxes.count == 9)
        for box in boxes {
            let source = try Self.text(String(box.1))
            #expect(source.contains(try Regex("(struct|class|actor|protocol) \(box.2)\\b")), "\(box.1) has no \(box.2)")
        }
    }
}
