import PowerEvents

/// One fact of a breach's evidence, in time's order.
struct EvidenceRow: Sendable, Hashable {
    enum Kind: String, Sendable, Hashable, CaseIterable {
        case alert, write
        case readBack = "read_back"
        case reading, skip, override, resolved, release
    }

    let at: Timestamp
    let kind: Kind
    /// The resource; of an alert and an override, what it says.
    var resource: String?
    var watts: Watts?
    /// Why it was skipped, or what somebody gave as the reason. Not in CSV, whose columns are fixed.
    var reason: String?

    /// `time,kind,resource,watts`, as RFC 4180 has it.
    var csv: String {
        let watts = watts.map { PowerQuantity(watts: $0, unit: .watt).valueText } ?? ""
        return [at.description, kind.rawValue, Self.quoted(resource ?? ""), watts].joined(separator: ",")
    }

    private static func quoted(_ text: String) -> String {
        guard text.contains(where: { ",\"\r\n".contains($0) }) else { return text }
        return "\"\(text.replacing("\"", with: "\"\""))\""
    }
}
