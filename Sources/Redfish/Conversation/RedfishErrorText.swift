import StrictJSON

/// What a BMC says of its refusal, wherever it puts that (DSP0266, 8.6; real BMCs use four places).
enum RedfishErrorText {
    static func from(_ body: [UInt8]) -> String? {
        guard let json = try? JSONValue(parsing: body, limits: JSONLimits(depth: 16)) else {
            return body.isEmpty ? nil : "an answer that is not JSON"
        }
        let lists = [json["error", "@Message.ExtendedInfo"], json["@Message.ExtendedInfo"]]
        for case .array(let messages)? in lists {
            let texts = messages.compactMap { $0["Message"]?.string ?? $0["MessageId"]?.string }
            if let text = texts.first { return shortened(text) }
        }
        return (json["error", "message"]?.string ?? json["error", "code"]?.string).map(shortened)
    }

    private static func shortened(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        return line.count > 200 ? line.prefix(197) + "..." : line
    }
}
