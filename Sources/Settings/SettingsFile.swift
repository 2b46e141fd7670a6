import Foundation
import Yams

/// A YAML file that a user wrote, read for its settings.
public enum SettingsFile {
    /// Reads a file into its top-level setting. Every mistake goes to `problems`; nil where the file cannot be used at
    /// all.
    ///
    /// - Parameters:
    ///   - path: the file, as messages will name it
    ///   - environment: what `${NAME}` is looked up in
    public static func load(
        _ path: String, environment: [String: String], problems: ProblemCollector
    ) -> Setting? {
        let text: String
        do {
            text = try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            problems.add(Problem(file: path, message: "cannot be read: \(reason(error))"))
            return nil
        }
        return parse(text, file: path, environment: environment, problems: problems)
    }

    /// The same for a text that is at hand.
    public static func parse(
        _ text: String, file: String, environment: [String: String] = [:], problems: ProblemCollector
    ) -> Setting? {
        let text = withPlainLineEnds(text)
        do {
            guard let node = try Yams.compose(yaml: text) else {
                problems.add(Problem(file: file, message: "is empty"))
                return nil
            }
            return Setting(node: node, file: file, key: "", environment: environment, problems: problems)
        } catch let error as YamlError {
            problems.add(problem(error, file: file, text: text))
        } catch {
            problems.add(Problem(file: file, message: "\(error)"))
        }
        return nil
    }

    private static func reason(_ error: any Error) -> String {
        let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
        if let underlying, underlying.domain == NSPOSIXErrorDomain {
            return String(cString: strerror(Int32(underlying.code)))
        }
        return (error as? CocoaError)?.code == .fileReadNoSuchFile ? "no such file" : "it is no readable UTF-8 text"
    }

    private static func problem(_ error: YamlError, file: String, text: String) -> Problem {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            Problem(file: file, line: mark.line, message: "not YAML: \(problem)")
        case .reader(let problem, let offset, let value, _):
            // Of a character that no file may have, as a byte order mark amid the text.
            Problem(
                file: file, line: offset.map { text.prefix($0).count { $0 == "\n" } + 1 },
                message: "not YAML: \(problem) (U+\(String(value, radix: 16, uppercase: true)))")
        case .duplicatedKeysInMapping(let duplicates, let context):
            Problem(
                file: file, line: secondLine(of: duplicates.first ?? "", in: text, after: context.mark),
                key: duplicates.first ?? "", message: "this key occurs more than once")
        default:
            Problem(file: file, message: "not YAML: \("\(error)".split(separator: "\n").joined(separator: " "))")
        }
    }

    /// Without a byte order mark, and with the line ends of Unix. In Swift the two characters of a Windows line end are one,
    /// which is no `\n`: lines would be counted wrongly.
    private static func withPlainLineEnds(_ text: String) -> String {
        var scalars = String.UnicodeScalarView()
        var wasReturn = false
        for (index, scalar) in text.unicodeScalars.enumerated() where index > 0 || scalar != "\u{FEFF}" {
            switch scalar {
            case "\r": scalars.append("\n")
            case "\n" where wasReturn: break
            default: scalars.append(scalar)
            }
            wasReturn = scalar == "\r"
        }
        return String(scalars)
    }

    /// The parser names where the key stands first; the user wants the line of the repetition.
    ///
    /// That begins in the same column, except in a mapping in braces.
    private static func secondLine(of key: String, in text: String, after first: Mark) -> Int {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.indices.contains(first.line - 1) else { return first.line }
        let spellings = [key, "\"\(key)\"", "'\(key)'"]
        func isKey(_ text: Substring) -> Bool {
            spellings.contains { text.hasPrefix($0) && text.dropFirst($0.count).drop { $0 == " " }.hasPrefix(":") }
        }
        let before = lines[first.line - 1].prefix(first.column - 1)
        if !before.contains("{") {
            let second = lines.indices.dropFirst(first.line).first { index in
                lines[index].prefix { $0 == " " }.count == first.column - 1
                    && isKey(lines[index].dropFirst(first.column - 1))
            }
            if let second { return second + 1 }
        }
        for index in lines.indices.dropFirst(first.line - 1) {
            var rest = index == first.line - 1 ? lines[index].dropFirst(first.column) : lines[index]
            var isStart = index > first.line - 1
            while let character = rest.first {
                if isStart, isKey(rest) { return index + 1 }
                isStart = "{, ".contains(character)
                rest = rest.dropFirst()
            }
        }
        return first.line
    }
}
