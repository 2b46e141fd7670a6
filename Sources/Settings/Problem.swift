/// One mistake in a file that a user wrote: where, which key, what is wrong, and with which value.
public struct Problem: Error, Sendable, Hashable, Comparable, CustomStringConvertible {
    public let file: String
    /// From 1; nil where the whole file is meant.
    public let line: Int?
    /// The path of keys, such as `nodes[3].floor`; empty where none is to blame.
    public let key: String
    public let message: String

    public init(file: String, line: Int? = nil, key: String = "", message: String) {
        self.file = file
        self.line = line
        self.key = key
        self.message = message
    }

    public var description: String {
        let place = line.map { "\(file):\($0)" } ?? file
        return key.isEmpty ? "\(place): \(message)" : "\(place): \(key): \(message)"
    }

    public static func < (left: Problem, right: Problem) -> Bool {
        (left.file, left.line ?? 0, left.key, left.message) < (right.file, right.line ?? 0, right.key, right.message)
    }
}

/// All the mistakes of a set of files, so that a user can mend them in one go.
public struct Problems: Error, Sendable, CustomStringConvertible {
    public let all: [Problem]

    /// - Parameter all: at least one
    public init(_ all: [Problem]) { self.all = all.sorted() }

    public var description: String { all.map(\.description).joined(separator: "\n") }
}
