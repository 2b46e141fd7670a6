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
        case .duplicatedKeysInMapping(let duplicates, let context):
            Problem(
                file: file, line: secondLine(of: duplicates.first ?? "", in: text, from: context.mark.line),
                key: duplicates.first ?? "", message: "this key occurs more than once")
        default:
            Problem(file: file, message: "not YAML: \("\(error)".split(separator: "\n").joined(separator: " "))")
        }
    }

    /// The parser names only the mapping; the user wants the line of the repetition.
    private static func secondLine(of key: String, in text: String, from first: Int) -> Int {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().dropFirst(first - 1)
        let hits = lines.filter { $0.element.trimmingCharacters(in: .whitespaces).hasPrefix("\(key):") }
        return hits.dropFirst().first.map { $0.offset + 1 } ?? first
    }
}
