import Foundation
import GridSimulator
import JOSE
import PowerEvents
import StrictJSON
import TestSupport

/// The samples of an article: events as they were on the wire, each with its topic before it and its payload after it.
struct ArticleSamples {
    struct Sample {
        let topic: String
        let event: JSONValue
        let payload: JSONValue
    }

    let keys: JSONValue
    let samples: [Sample]

    struct Broken: Error, CustomStringConvertible { let description: String }

    /// Reads the blocks of JSON between the marks.
    init(article: String) throws {
        guard let range = Self.range(in: article) else {
            throw Broken(description: "the marks of the samples are missing")
        }
        let part = article[range]
        var topic: String?
        var block: [Substring]?
        var blocks: [(topic: String?, json: JSONValue)] = []
        for line in part.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("On `grid/") { topic = line.split(separator: "`").dropFirst().first.map(String.init) }
            if line == "```json" {
                block = []
            } else if line == "```", let lines = block {
                blocks.append((topic, try JSONValue(parsing: Array(lines.joined(separator: "\n").utf8))))
                block = nil
            } else {
                block?.append(line)
            }
        }
        guard let first = blocks.first, first.json["keys"] != nil else {
            throw Broken(description: "the first block should be the keys")
        }
        keys = first.json
        var samples: [Sample] = []
        for index in stride(from: 1, to: blocks.count - 1, by: 2) {
            guard let topic = blocks[index].topic else { throw Broken(description: "a sample without a topic") }
            samples.append(Sample(topic: topic, event: blocks[index].json, payload: blocks[index + 1].json))
        }
        self.samples = samples
    }

    private static let marks = ("<!-- samples -->\n", "<!-- end of samples -->")

    private static func range(in article: String) -> Range<String.Index>? {
        guard let start = article.range(of: marks.0), let end = article.range(of: marks.1),
            start.upperBound <= end.lowerBound
        else { return nil }
        return start.upperBound..<end.lowerBound
    }

    /// What happens in the samples, one event each.
    private static let chosen: [(title: String, isIt: @Sendable (EventType, JSONValue) -> Bool)] = [
        ("The ISV sets a load target", { type, _ in type == .loadTargetSet }),
        ("The power agent has heard of it", { $0 == .powerStateStatus && $1["event"] == "target_set" }),
        ("A burst of work carries the feed over its target", { $0 == .breachAlert && $1["status"] == "active" }),
        ("ima has capped, and read back", { $0 == .enforcement && $1["action"] == "applied" }),
        ("The demand is gone, not only the load", { $0 == .breachAlert && $1["status"] == "resolved" }),
        (
            "ima has put everything back",
            { $0 == .enforcement && $1["action"] == "reverted" && $1["code"] == "success" }
        ),
    ]

    /// An article with the samples of a run in the place of its own.
    static func replace(in article: String, with run: LoopRun) throws -> String {
        guard let range = range(in: article) else { throw Broken(description: "the marks of the samples are missing") }
        let keys = try JSONValue(parsing: Array(run.folder.read("keys.json").utf8))
        var text =
            "The public keys that they were signed with, as `ima keys jwks` prints its own:\n\n```json\n\(pretty(keys))\n```\n"
        for (title, isIt) in chosen {
            var found: (message: CapturedMessage, event: JSONValue, payload: JSONValue)?
            for message in run.messages where found == nil {
                let event = try CloudEvent(decoding: Array(message.payload.utf8))
                guard case .signed(let token) = event.data,
                    let bytes = JWS.unverifiedPayload(token)
                else { continue }
                let payload = try JSONValue(parsing: bytes)
                if isIt(event.type, payload) {
                    found = (message, try JSONValue(parsing: Array(message.payload.utf8)), payload)
                }
            }
            guard let found else { throw Broken(description: "the run has no event for \"\(title)\"") }
            text += "\n### \(title)\n\nOn `\(found.message.topic)`:\n\n```json\n\(pretty(found.event))\n```\n\n"
            text += "Its `data`, verified:\n\n```json\n\(pretty(found.payload))\n```\n"
        }
        return article.replacingCharacters(in: range, with: text)
    }

    /// Two levels of lines, and the rest in one.
    private static func pretty(_ value: JSONValue, depth: Int = 0) -> String {
        let inset = String(repeating: "  ", count: depth + 1)
        let end = "\n" + String(repeating: "  ", count: depth)
        if value.text.utf8.count + depth * 2 < 90 { return spaced(value) }
        switch value {
        case .object(let object):
            return "{\n"
                + object.map { "\(inset)\(JSONValue.string($0.key).text): \(pretty($0.value, depth: depth + 1))" }
                .joined(separator: ",\n") + end + "}"
        case .array(let elements):
            return "[\n" + elements.map { inset + pretty($0, depth: depth + 1) }.joined(separator: ",\n") + end + "]"
        default: return value.text
        }
    }

    private static func spaced(_ value: JSONValue) -> String {
        switch value {
        case .object(let object):
            object.isEmpty
                ? "{}"
                : "{ " + object.map { "\(JSONValue.string($0.key).text): \(spaced($0.value))" }.joined(separator: ", ")
                    + " }"
        case .array(let elements): "[" + elements.map(spaced).joined(separator: ", ") + "]"
        default: value.text
        }
    }
}
