import Journal
import PowerEvents
import Shedding
import StrictJSON

/// What happened, as JSON; the command makes lines for people of it.
enum HistoryAnswer {
    static func json(_ lines: [HistoryLine]) -> JSONValue {
        .array(
            lines.map { line in
                var object = JSONObject()
                object["seq"] = .number(JSONNumber(Int(line.sequence)))
                object["at"] = .string(line.at.description)
                object["kind"] = .string(line.entry.kind.rawValue)
                object["code"] = .string(line.entry.code)
                object["breach_id"] = line.entry.breach.map { .string($0.text) }
                object["control"] = line.entry.control.map { .string($0.description) }
                // What a command was for is no value that a control held.
                let value = line.entry.value.map { JSONValue.string(clean($0, line)) }
                object[line.entry.kind == .command ? "scope" : "value"] = value
                // Nor is the digest of an alert's payload.
                object[line.entry.kind == .alert ? "sha256" : "prior"] = line.entry.prior.map(JSONValue.string)
                object["message"] = line.entry.message.map { .string(clean($0, line)) }
                object["user"] = line.author?.user.map(JSONValue.string)
                object["reason"] = line.author?.reason.map(JSONValue.string)
                return .object(object)
            })
    }

    /// The plan of an alert names its hints, by names that may be anybody's.
    private static func clean(_ text: String, _ line: HistoryLine) -> String {
        line.entry.kind == .plan ? ForeignText.clean(text, longest: 2 * ForeignText.longest) : text
    }

    static func json(_ refusals: [RefusalRecord]) -> JSONValue {
        .array(
            refusals.map { refusal in
                var object = JSONObject()
                object["at"] = .string(refusal.at.description)
                object["reason"] = .string(refusal.reason)
                object["detail"] = .string(refusal.detail)
                object["topic"] = .string(refusal.topic)
                object["source"] = refusal.source.map(JSONValue.string)
                object["event_id"] = refusal.eventID.map(JSONValue.string)
                object["sha256"] = .string(refusal.digest)
                return .object(object)
            })
    }
}
