import Foundation
import StrictJSON
import TestSupport
import Testing

/// Every command that the documents show is one that the programs have, with its options.
struct DocumentScenarios {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// A program, or a command of one.
    private struct Command {
        var options: Set<String> = ["--help"]
        var commands: [String: Command] = [:]

        init(_ json: JSONValue) {
            for argument in json["arguments"]?.array ?? [] {
                for name in argument["names"]?.array ?? [] where name["kind"] == "long" {
                    if let name = name["name"]?.string { options.insert("--\(name)") }
                }
            }
            for command in json["subcommands"]?.array ?? [] {
                if let name = command["commandName"]?.string { commands[name] = Command(command) }
            }
        }

        /// What of these words it does not have.
        func objections(_ words: ArraySlice<Substring>) -> [String] {
            guard let first = words.first else { return [] }
            if let command = commands[String(first)] { return command.objections(words.dropFirst()) }
            if !commands.isEmpty, !first.hasPrefix("-") { return ["no command \(first)"] }
            return words.filter { $0.hasPrefix("--") && $0.count > 2 }.compactMap { word in
                let name = String(word.prefix { $0 != "=" })
                return options.contains(name) ? nil : "no option \(name)"
            }
        }
    }

    private static func command(_ program: String) throws -> Command {
        let help = try ChildProcess.run(
            Stage.programs.appendingPathComponent(program).path, ["--experimental-dump-help"])
        let json = try JSONValue(parsing: Array(help.output.utf8), limits: .widest)
        return Command(try #require(json["command"]))
    }

    private static func documents() throws -> [URL] {
        let folder = root.appendingPathComponent("Sources/Agent/Agent.docc")
        let articles = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return ["README.md", "CONTRIBUTING.md"].map { root.appendingPathComponent($0) }
            + articles.filter { $0.pathExtension == "md" }
    }

    /// What begins like a command, in backquotes or as a line of a block.
    private static func commands(in text: String) -> [String] {
        let whole = text.replacing("\\\n", with: " ")
        var found: [String] = []
        var isCode = false
        var prose = ""
        for line in whole.split(separator: "\n", omittingEmptySubsequences: false) {
            let line = line.trimmingCharacters(in: .whitespaces)
            if line.hasPrefix("```") {
                isCode.toggle()
            } else if isCode {
                found.append(line)
            } else {
                prose += line + " "
            }
        }
        found += prose.matches(of: /`([^`]+)`/).map { String($0.1) }
        return found.flatMap { line in
            line.prefix { $0 != "#" }.split(separator: "&&").flatMap { $0.split(separator: "|") }.map {
                $0.trimmingCharacters(in: .whitespaces)
            }
        }
    }

    @Test func everyCommandIsOneThatThereIs() throws {
        let (ima, gridsim) = (try Self.command("ima"), try Self.command("gridsim"))
        var count = 0
        for document in try Self.documents() {
            for line in Self.commands(in: try String(contentsOf: document, encoding: .utf8)) {
                // In a list of commands one ends with a comma.
                let words = line.split(separator: " ").map { $0.hasSuffix(",") ? $0.dropLast() : $0 }
                guard let program = words.first else { continue }
                let rest = words.dropFirst()
                let objections: [String]
                switch program {
                // Prose puts a name of the program, and nothing after it, in backquotes too.
                case "ima": objections = ima.objections(rest)
                case "gridsim": objections = gridsim.objections(rest)
                case "deploy/demo": objections = gridsim.objections(["demo"] + rest)
                case "deploy/loop": objections = gridsim.objections(["loop"] + rest)
                case "deploy/bench" where !rest.contains("--micro"): objections = gridsim.objections(["bench"] + rest)
                default: continue
                }
                count += 1
                #expect(objections == [], "\(document.lastPathComponent): \(line)")
            }
        }
        #expect(count > 100)
    }

    @Test func everyFileOfDeployAndEveryTestThatIsNamedIsThere() throws {
        var tests = ""
        let files = try #require(
            FileManager.default.enumerator(
                at: Self.root.appendingPathComponent("Tests"), includingPropertiesForKeys: nil))
        for case let file as URL in files where file.pathExtension == "swift" {
            tests += try String(contentsOf: file, encoding: .utf8)
        }
        for document in try Self.documents() {
            let text = try String(contentsOf: document, encoding: .utf8)
            for match in text.matches(of: /(?:^|[^\w\/])((?:deploy|inventory|Tests|Sources)\/[\w\/.+-]*\w)/) {
                // A name in capitals stands for any.
                if match.1.hasSuffix("/FILE") { continue }
                let path = Self.root.appendingPathComponent(String(match.1)).path
                let isThere = ["", ".swift"].contains { FileManager.default.fileExists(atPath: path + $0) }
                #expect(isThere, "\(document.lastPathComponent): \(match.1)")
            }
            for match in text.matches(of: /--filter (\w+)/) {
                // Apart, so that a failure does not print every test.
                let isThere = tests.contains(" \(match.1)")
                #expect(isThere, "\(document.lastPathComponent): no test \(match.1)")
            }
        }
    }
}
