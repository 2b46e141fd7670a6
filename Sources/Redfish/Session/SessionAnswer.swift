import Curl
import Shedding
import StrictJSON

/// What the answer to a login says of the session that it opened (DSP0266, 13.3.4).
struct SessionAnswer: Equatable {
    /// What authorises from now on; nil where none was given that a header can carry.
    let token: String?
    /// Where the session can be ended; nil where that is not told.
    let location: String?

    /// - Parameter collection: where the login was sent
    init(_ response: HTTPResponse, collection: String) {
        let json = try? JSONValue(parsing: response.body, limits: .redfish, dialect: .lenient)
        token = Self.token(header: response.header("X-Auth-Token"), body: json)
        location = Self.location(header: response.header("Location"), body: json, collection: collection)
    }

    /// The header's; else the body's, where some BMCs put it.
    static func token(header: String?, body: JSONValue?) -> String? {
        let told = [header] + ["X-Auth-Token", "XAuthToken", "Token", "SessionToken"].map { body?[$0]?.string }
        return told.compactMap { $0 }.first { token in
            (1...8192).contains(token.utf8.count) && token.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        }
    }

    /// Only what is a session by its path, since it will be deleted: in the collection that the login was sent to, or in
    /// another one of that name. Of a Location with a host only the path counts, on this BMC.
    static func location(header: String?, body: JSONValue?, collection: String) -> String? {
        for text in [header, body?["@odata.id"]?.string] {
            guard let text, !text.isEmpty else { continue }
            if let uri = RequestTarget.path(ofAny: text) {
                if isSession(uri, of: collection) { return uri }
            } else if let uri = member(text, of: collection) {
                return uri
            }
        }
        switch body?["Id"] {
        case .string(let id)?: return member(id, of: collection)
        case .number(let id)?: return member(id.text, of: collection)
        default: return nil
        }
    }

    private static func isSession(_ uri: String, of collection: String) -> Bool {
        let canonical = ResourceURI.canonical(uri)
        let parts = canonical.split(separator: "/")
        guard parts.count > 1, !canonical.contains("?") else { return false }
        let parent = "/" + parts.dropLast().joined(separator: "/")
        return parent == ResourceURI.canonical(collection) || parts[parts.count - 2] == "sessions"
    }

    /// A session by the end of its path, from its name alone to all of it without the slash in front.
    private static func member(_ text: String, of collection: String) -> String? {
        guard !text.contains(":"), let name = text.split(separator: "/").last else { return nil }
        let before = text.split(separator: "/").dropLast().last
        guard before == nil || before?.lowercased() == "sessions" else { return nil }
        var base = collection
        while base.hasSuffix("/") { base.removeLast() }
        // Without dots, by which it would be something else.
        return RequestTarget.path(ofAny: base + "/" + name).flatMap { isSession($0, of: collection) ? $0 : nil }
    }
}
