import PowerEvents
import Shedding
import StrictJSON

/// A report that waits for its signature: table `unsigned_report`.
extension Report: JournalRecord {
    static let kind = "unsigned report"
    static let version = 1

    static let fields: [RecordField<Report>] = [
        .fixed("enforcement") { $0.enforcement },
        .fixed("origin") { $0.origin },
    ]

    init(beginning source: RecordSource) throws {
        let enforcement: Enforcement = try source.required("enforcement")
        // Earlier versions kept the origin as text within the text.
        guard source.isEarlier, let text = source.json["origin"]?.string else {
            self.init(enforcement: enforcement, origin: try source.required("origin"))
            return
        }
        let json = try JSONValue(parsing: Array(text.utf8), limits: .widest)
        self.init(
            enforcement: enforcement,
            origin: try Breach.Origin(reading: RecordSource(json: json, version: source.version)))
    }
}

/// As the contract has it.
extension Enforcement: RecordValue {
    func write(to text: inout RecordText) { text.write(json: json) }

    init(reading source: RecordSource) throws {
        do { try self.init(json: source.json) } catch { throw RecordError("is no report: \(error)") }
    }
}
