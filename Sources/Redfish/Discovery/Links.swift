import Shedding
import StrictJSON

/// Links between resources, as real documents spell them.
enum Links {
    /// The id in a reference; some write the URI itself instead of a reference to it.
    static func id(_ value: JSONValue?) -> String? {
        value?["@odata.id"]?.string ?? value?.string.flatMap { $0.hasPrefix("/") ? $0 : nil }
    }

    /// Of what a machine is related to there are a few. Lists of it are compared with each other, and nothing ends that.
    private static let mostRelated = 512

    /// The ids in an array of references; an absent or null array is empty.
    static func ids(_ value: JSONValue?, most: Int = mostRelated) -> [String] {
        value?.array?.lazy.compactMap { id($0) }.prefix(most).map { $0 } ?? []
    }

    /// The ids in what is one reference on some BMCs and an array of them on others.
    static func oneOrMany(_ value: JSONValue?, most: Int = mostRelated) -> [String] {
        id(value).map { [$0] } ?? ids(value, most: most)
    }

    /// The ids in the `Members` of a collection: an array, one reference, or an object of references. All of them: a search
    /// has a budget for these.
    static func members(_ value: JSONValue?) -> [String] {
        if let object = value?.object, id(value) == nil { return object.compactMap { id($0.value) } }
        return oneOrMany(value, most: .max)
    }

    /// Whether two URIs name one resource: trailing slashes, case and escapes are written as each document likes.
    static func isSame(_ left: String, _ right: String) -> Bool { canonical(left) == canonical(right) }

    static func canonical(_ uri: String) -> String { ResourceURI.canonical(uri) }

    /// Whether a list of URIs has this one.
    static func contains(_ uris: [String], _ uri: String) -> Bool { uris.contains { isSame($0, uri) } }

    /// The last part of a path, which by convention is the resource's Id.
    static func lastComponent(_ uri: String) -> String {
        String(uri.split(separator: "/").last ?? "")
    }

    /// The part before the last: of `…/Sensors/Total`, `Sensors`.
    static func parentComponent(_ uri: String) -> String {
        String(uri.split(separator: "/").dropLast().last ?? "")
    }
}
