import PowerEvents
import StrictJSON

/// A breach's evidence for people.
enum EvidenceText {
    static func lines(_ evidence: Evidence) -> [String] {
        let json = evidence.json
        func text(_ key: String, _ unit: String = "") -> String {
            switch json[key] {
            case .string(let text)?: text
            case .number(let number)?: number.text + unit
            default: "-"
            }
        }
        var lines = ["breach       \(evidence.breach)"]
        if let alert = json["alert"]?.object {
            lines += [
                "alert        \(alert["received_at"]?.string ?? "-"), event \(alert["id"]?.string ?? "-")",
                "payload      \(alert["digest"]?.string ?? "-")",
            ]
        } else if let command = json["command"]?.object {
            let user = command["user"]?.string.map { " by \($0)" } ?? ""
            lines += [
                "\(command["code"]?.string ?? "-")        \(command["at"]?.string ?? "-")\(user)",
                "             \(command["message"]?.string ?? "-")",
            ]
        }
        lines += [
            "written      \(text("first_write")) to \(text("last_write"))",
            "read back    \(text("first_read_back")) to \(text("last_read_back"))",
            "asked        \(text("asked_watts", " W")) of \(text("baseline_watts", " W"))",
            "shed         \(text("shed_watts", " W")) at most, \(text("kwh", " kWh")); coverage \(text("coverage"))",
            "time to      50 % \(text("t50", " s")), 90 % \(text("t90", " s")), 100 % \(text("t100", " s"))",
            "steepest     \(text("steepest_down_watts_per_s", " W/s")) down, \(text("steepest_up_watts_per_s", " W/s")) up",
            "results      \(results(json["results"]?.array ?? []))", "",
        ]
        lines += evidence.rows.map { row in
            [row.at.description, row.kind.rawValue, row.resource ?? "", row.watts?.description ?? "", row.reason ?? ""]
                .filter { !$0.isEmpty }.joined(separator: "  ")
        }
        return lines
    }

    private static func results(_ results: [JSONValue]) -> String {
        let codes = results.compactMap { $0["code"]?.string }
        let counts = Dictionary(codes.map { ($0, 1) }, uniquingKeysWith: +)
        return counts.isEmpty
            ? "none" : counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    }
}
