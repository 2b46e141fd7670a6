import StrictJSON

/// A resource as a BMC returned it.
struct Document: Sendable {
    let uri: String
    let json: JSONValue
    /// For `If-Match`, the likeliest first: what the header and `@odata.etag` say (DSP0266, 6.5), in the spellings that
    /// BMCs were seen to compare with. Each is a condition that only what was read can meet.
    let etags: [String]

    init(uri: String, json: JSONValue, etags: [String]) {
        self.uri = uri
        self.json = json
        self.etags = etags
    }

    init(uri: String, json: JSONValue, header: String?) {
        let member = json["@odata.etag"]?.string.flatMap(Self.sendable)
        let header = header.flatMap(Self.sendable)
        let isGood = header.map(Self.isWellFormed) ?? false
        // A header that is no entity tag is what the member says, spelled wrong; or all there is.
        let told = (isGood ? [header, member] : [member, header]).compactMap { $0 }.filter { !$0.isEmpty }
        var all: [String] = []
        for tag in told + told.flatMap(Self.respelled) where !all.contains(tag) { all.append(tag) }
        self.init(uri: uri, json: json, etags: Array(all.prefix(Self.maximumTags)))
    }

    /// Each is a request more where the BMC refuses all.
    private static let maximumTags = 5

    /// More than any tag needs.
    private static let longestTag = 256

    /// A tag as it can stand in a request: on one line, and not empty, which would leave the condition out; nil for any other.
    private static func sendable(_ tag: String) -> String? {
        let bytes = tag.utf8
        guard bytes.count <= longestTag, bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }),
            bytes.contains(where: { $0 != 0x20 })
        else { return nil }
        return tag
    }

    static func isWellFormed(_ etag: String) -> Bool {
        let opaque = etag.hasPrefix("W/") ? etag.dropFirst(2) : Substring(etag)
        return opaque.count >= 2 && opaque.hasPrefix("\"") && opaque.hasSuffix("\"")
            && !opaque.dropFirst().dropLast().contains("\"")
    }

    /// Weak as strong; unquoted, and quoted twice, as it should be.
    private static func respelled(_ etag: String) -> [String] {
        let opaque = etag.hasPrefix("W/") ? String(etag.dropFirst(2)) : etag
        let bare = opaque.filter { $0 != "\"" }
        let isFit = bare.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        return [opaque] + (bare.isEmpty || !isFit ? [] : ["\"\(bare)\""])
    }
}
