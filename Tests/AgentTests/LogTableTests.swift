import Foundation
import Testing

/// Messages.md has a table of every message at warning and above: what it means, and what to do. This holds it to the code.
struct LogTableTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// A message as the table writes it, `…` for each value in it.
    private struct Message: Hashable, Comparable, CustomStringConvertible {
        var level: String
        var text: String
        var description: String { "\(level): \(text)" }

        static func < (left: Self, right: Self) -> Bool { left.description < right.description }
    }

    /// The programs that a daemon is made of.
    private static let modules = [
        "Agent", "EventBus", "Journal", "Redfish", "Curl", "Mosquitto", "Replication", "Shedding",
    ]

    private static func messages() throws -> Set<Message> {
        var found: Set<Message> = []
        for module in modules {
            let folder = root.appendingPathComponent("Sources/\(module)")
            let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
            for case let file as URL in files where file.pathExtension == "swift" {
                found.formUnion(messages(in: try String(contentsOf: file, encoding: .utf8)))
            }
        }
        return found
    }

    private static func messages(in source: String) -> [Message] {
        var found: [Message] = []
        for match in source.matches(of: /logger\.(warning|error|critical)\(\s*"/) {
            found.append(Message(level: String(match.1), text: literal(source[match.range.upperBound...])))
        }
        // A level that depends, of which the higher counts.
        for match in source.matches(of: /logger\.log\(\s*level:[^"]*?\.(warning|error|critical)[^"]*"/) {
            found.append(Message(level: String(match.1), text: literal(source[match.range.upperBound...])))
        }
        // What the core raises, whoever tells it.
        for match in source.matches(of: /\.alarm\(\s*"/) {
            found.append(Message(level: "critical", text: literal(source[match.range.upperBound...])))
        }
        // A text that comes from elsewhere as a whole, listed where it comes from.
        return found.filter { $0.text != "…" }
    }

    /// A string literal from behind its first quote, with `…` for each interpolation.
    static func literal(_ text: Substring) -> String {
        var (result, index) = ("", text.startIndex)
        while index < text.endIndex, text[index] != "\"" {
            let next = text.index(after: index)
            guard text[index] == "\\", next < text.endIndex else {
                result.append(text[index])
                index = next
                continue
            }
            if text[next] == "(" {
                result += "…"
                index = endOfInterpolation(text, text.index(after: next))
            } else {
                result.append(text[next])
                index = text.index(after: next)
            }
        }
        return result
    }

    private static func endOfInterpolation(_ text: Substring, _ start: Substring.Index) -> Substring.Index {
        var (depth, index, isQuoted) = (1, start, false)
        while index < text.endIndex, depth > 0 {
            switch text[index] {
            case "\"": isQuoted.toggle()
            case "(": depth += isQuoted ? 0 : 1
            case ")": depth -= isQuoted ? 0 : 1
            default: break
            }
            index = text.index(after: index)
        }
        return index
    }

    private static func table() throws -> [Message: [String]] {
        let file = root.appendingPathComponent("Sources/Agent/Agent.docc/Messages.md")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        let start = try #require(lines.firstIndex { $0.hasPrefix("| message | level |") })
        var table: [Message: [String]] = [:]
        for line in lines[(start + 2)...].prefix(while: { $0.hasPrefix("|") }) {
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            #expect(cells.count == 4, "\(line)")
            let text = cells[0].trimmingCharacters(in: ["`"])
            table[Message(level: cells[1], text: text)] = Array(cells.dropFirst(2))
        }
        return table
    }

    @Test func everyMessageIsInTheTable() throws {
        let (messages, table) = (try Self.messages(), try Self.table())
        #expect(messages.count > 25)
        #expect(messages.subtracting(table.keys).sorted() == [], "without a row in Messages.md")
        #expect(Set(table.keys).subtracting(messages).sorted() == [], "rows of Messages.md that no code has")
        for (message, cells) in table { #expect(cells.allSatisfy { $0.count > 10 }, "\(message)") }
    }

    @Test func literalsAreReadAsSwiftReadsThem() {
        #expect(Self.literal(#"plain", metadata"#[...]) == "plain")
        #expect(Self.literal(#"a \(b.map { "\($0)" } ?? "x") c" "#[...]) == "a … c")
        #expect(Self.literal(#"keys: \(keys.joined(separator: ", ")); \"q\"""#[...]) == "keys: …; \"q\"")
    }
}
