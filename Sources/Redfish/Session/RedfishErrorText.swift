import StrictJSON

/// What a BMC says of its refusal, wherever it puts that (DSP0266, 8.6; real BMCs use four places).
enum RedfishErrorText {
    static func from(_ body: [UInt8]) -> String? {
        guard let json = try? JSONValue(parsing: body, limits: .redfish, dialect: .lenient) else {
            return body.isEmpty ? nil : "an answer that is not JSON"
        }
        let lists = [json["error", "@Message.ExtendedInfo"], json["@Message.ExtendedInfo"]]
        for case .array(let messages)? in lists {
            let texts = messages.compactMap { $0["Message"]?.string ?? $0["MessageId"]?.string }
            if let text = texts.first { return shortened(text) }
        }
        return (json["error", "message"]?.string ?? json["error", "code"]?.string).map(shortened)
    }

    /// What a BMC objects to in the body of a 2xx: some members of a write may not have been taken (DSP0266, 7.5), which
    /// is told at the top or beside the member.
    static func objection(in body: [UInt8]) -> String? {
        guard let object = (try? JSONValue(parsing: body, limits: .redfish, dialect: .lenient))?.object else {
            return nil
        }
        return objection(in: object, depth: 0)
    }

    private static func objection(in object: JSONObject, depth: Int) -> String? {
        guard depth < 8 else { return nil }
        for member in object {
            if member.key.hasSuffix("@Message.ExtendedInfo") {
                let messages = member.value.array ?? []
                if let bad = messages.first(where: { !isHarmless($0) }) {
                    return (bad["Message"]?.string ?? bad["MessageId"]?.string).map(shortened)
                }
            } else if let inner = member.value.object, let found = objection(in: inner, depth: depth + 1) {
                return found
            }
        }
        return nil
    }

    /// By severity where it is told; registries spell it in two ways. Otherwise by the message's name.
    private static func isHarmless(_ message: JSONValue) -> Bool {
        if let severity = (message["MessageSeverity"] ?? message["Severity"])?.string {
            return !["warning", "critical"].contains(severity.lowercased())
        }
        let name = message["MessageId"]?.string?.split(separator: ".").last ?? ""
        return name.isEmpty || ["Success", "Created", "NoOperation"].contains(name)
    }

    private static func shortened(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        return line.count > 200 ? line.prefix(197) + "..." : line
    }
}
