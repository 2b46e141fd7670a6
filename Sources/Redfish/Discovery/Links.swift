import StrictJSON

/// Links between resources, as real documents spell them.
enum Links {
    static func id(_ value: JSONValue?) -> String? { value?["@odata.id"]?.string }

    /// The ids in an array of references; an absent or null array is empty.
    static func ids(_ value: JSONValue?) -> [String] { value?.array?.compactMap { id($0) } ?? [] }

    /// The ids in what is one reference on some BMCs and an array of them on others.
    static func oneOrMany(_ value: JSONValue?) -> [String] { id(value).map { [$0] } ?? ids(value) }

    /// Whether two URIs name one resource: trailing slashes, case and escapes are written as each document
    /// likes.
    static func isSame(_ left: String, _ right: String) -> Bool { canonical(left) == canonical(right) }

    static func canonical(_ uri: String) -> String { RequestTarget.canonical(uri) }

    /// The last part of a path, which by convention is the resource's Id.
    static func lastComponent(_ uri: String) -> String {
        String(uri.split(separator: "/").last ?? "")
    }
}
