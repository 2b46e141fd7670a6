public import PowerEvents
import Yams

/// One value of a settings file, with its place, so that every complaint about it can name file, line and key.
///
/// The readers return nil and note a problem where the value does not fit; nothing is half applied, because the caller
/// asks the collector at the end.
public struct Setting {
    let node: Node
    public let file: String
    public let key: String
    let environment: [String: String]
    public let problems: ProblemCollector

    public var line: Int? { node.mark?.line }

    /// Notes a problem with this value. - Returns: nil, for `return` in readers
    @discardableResult
    public func fail<Value>(_ message: String, showingValue: Bool = true) -> Value? {
        let shown = showingValue ? node.scalar.map { " (got \"\($0.string)\")" } ?? "" : ""
        problems.add(Problem(file: file, line: line, key: key, message: message + shown))
        return nil
    }

    /// Notes a problem with this value, where no reader has to return.
    public func note(_ message: String) { let _: Never? = fail(message) }

    /// Notes what can be used and is still likely to be a mistake, or weakens the agent.
    public func warn(_ message: String) {
        problems.warn(Problem(file: file, line: line, key: key, message: message))
    }

    /// The members of a mapping, after every key that is not among `allowed` was noted as a problem.
    public func members(_ allowed: [String]) -> Members {
        guard let mapping = node.mapping else {
            note("should be a mapping with the keys \(allowed.joined(separator: ", "))")
            return Members(values: [:], valueless: [])
        }
        var values: [String: Setting] = [:]
        var valueless: Set<String> = []
        for (keyNode, value) in mapping {
            let name = keyNode.scalar?.string ?? "?"
            let path = key.isEmpty ? name : "\(key).\(name)"
            if allowed.contains(name) {
                if Self.isNull(value) {
                    valueless.insert(name)
                    noteMissingValue(of: path, line: keyNode.mark?.line)
                    continue
                }
                values[name] = Setting(
                    node: value, file: file, key: path, environment: environment, problems: problems)
            } else {
                let hint = Self.nearest(name, among: allowed).map { "; did you mean \($0)?" } ?? ""
                problems.add(
                    Problem(file: file, line: keyNode.mark?.line, key: path, message: "is not a known key\(hint)"))
            }
        }
        return Members(values: values, valueless: valueless)
    }

    /// Nothing behind a key, `~` or `null`. Were it taken for an absent key, what is written to forbid would allow
    /// everything: `protected:`, `allow:`, `mode:`.
    private static func isNull(_ node: Node) -> Bool { node == Node("", Tag(.null)) || node.null != nil }

    private func noteMissingValue(of path: String, line: Int?) {
        problems.add(
            Problem(
                file: file, line: line, key: path,
                message: "has no value; write one, or take the key out to have its default"))
    }

    /// The entries of a mapping whose keys are the user's own names.
    public func namedEntries() -> [(name: String, value: Setting)] {
        guard let mapping = node.mapping else {
            note("should be a mapping of names")
            return []
        }
        return mapping.compactMap { keyNode, value in
            let name = keyNode.scalar?.string ?? "?"
            if Self.isNull(value) {
                noteMissingValue(of: "\(key).\(name)", line: keyNode.mark?.line)
                return nil
            }
            return (
                name,
                Setting(
                    node: value, file: file, key: "\(key).\(name)", environment: environment, problems: problems)
            )
        }
    }

    /// The elements of a list.
    public func elements() -> [Setting] {
        guard let sequence = node.sequence else {
            note("should be a list")
            return []
        }
        return sequence.enumerated().compactMap { index, value in
            let path = "\(key)[\(index)]"
            if Self.isNull(value) {
                noteMissingValue(of: path, line: value.mark?.line ?? line)
                return nil
            }
            return Setting(node: value, file: file, key: path, environment: environment, problems: problems)
        }
    }

    public var isMapping: Bool { node.mapping != nil }
    public var isList: Bool { node.sequence != nil }

    /// Whether the text refers to the environment, as secrets must.
    public var refersToEnvironment: Bool { node.scalar?.string.contains("${") ?? false }

    /// The text, with every `${NAME}` replaced from the environment.
    public func string() -> String? {
        guard let scalar = node.scalar else { return fail("should be a text") }
        var text = ""
        var rest = Substring(scalar.string)
        while let start = rest.firstRange(of: "${") {
            text += rest[..<start.lowerBound]
            guard let end = rest[start.upperBound...].firstIndex(of: "}") else {
                return fail("a ${ without its }")
            }
            let name = String(rest[start.upperBound..<end])
            guard let value = environment[name] else {
                return fail("the environment has no \(name)", showingValue: false)
            }
            text += value
            rest = rest[rest.index(after: end)...]
        }
        return text + rest
    }

    public func nonEmptyString() -> String? {
        guard let text = string() else { return nil }
        return text.isEmpty ? fail("should not be empty") : text
    }

    public func bool() -> Bool? {
        switch string() {
        case "true", "yes", "on": true
        case "false", "no", "off": false
        case nil: nil
        default: fail("should be true or false")
        }
    }

    public func int(_ range: ClosedRange<Int>) -> Int? {
        guard let text = string() else { return nil }
        guard let value = Int(text), range.contains(value) else {
            return fail("should be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    public func duration(_ range: ClosedRange<Duration> = .zero ... .seconds(366 * 86_400)) -> Duration? {
        guard let text = string() else { return nil }
        guard let value = Quantities.duration(text) else { return fail("should be a duration such as 30s, 5m or 3h") }
        return range.contains(value) ? value : fail("should be from \(range.lowerBound) to \(range.upperBound)")
    }

    public func power() -> Watts? {
        guard let text = string() else { return nil }
        return Quantities.power(text) ?? fail("should be a power such as 700W or 12.5kW")
    }

    /// - Parameter none: the word for no limit
    /// - Returns: nil for that word too
    public func powerRate(or none: String) -> PowerRate? {
        guard let text = string(), text != none else { return nil }
        return Quantities.powerRate(text) ?? fail("should be a power over s or min, such as 500kW/min, or \(none)")
    }

    public func share() -> Share? {
        guard let text = string() else { return nil }
        return Quantities.share(text) ?? fail("should be a share such as 10%")
    }

    public func byteCount() -> Int? {
        guard let text = string() else { return nil }
        return Quantities.byteCount(text) ?? fail("should be a size such as 512KiB or 1MiB")
    }

    public func choice<Choice: RawRepresentable<String> & CaseIterable>(_ type: Choice.Type) -> Choice? {
        guard let text = string() else { return nil }
        let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        return Choice(rawValue: text) ?? fail("should be one of \(names)")
    }

    /// A list of texts, or one text alone.
    public func strings() -> [String] {
        isList ? elements().compactMap { $0.nonEmptyString() } : nonEmptyString().map { [$0] } ?? []
    }

    private static func nearest(_ word: String, among candidates: [String]) -> String? {
        let near = candidates.map { ($0, EditDistance.between(word, $0)) }.min { $0.1 < $1.1 }
        return near.flatMap { $0.1 <= max(1, word.count / 3) ? $0.0 : nil }
    }
}
