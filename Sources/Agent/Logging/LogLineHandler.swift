import Foundation
public import Logging
public import PowerEvents
import StrictJSON

/// Writes each message on one line: the message first, then what belongs to it.
///
/// BMCs, power agents and strangers all have their words in the log, and none of them may forge a line of it.
public struct LogLineHandler: LogHandler {
    private let format: LogFormat
    private let destination: LogDestination
    private let now: @Sendable () -> Timestamp
    private let write: @Sendable (String) -> Void

    public var metadata: Logger.Metadata = [:]
    public var logLevel: Logger.Level = .info

    /// - Parameter write: takes a line with its end; standard error where nothing else is said, in one write, so that lines
    ///   of several threads stay whole
    public init(
        _ format: LogFormat, to destination: LogDestination = .current(),
        now: @escaping @Sendable () -> Timestamp = { WallClock.now() },
        write: @escaping @Sendable (String) -> Void = { LogLineHandler.writeToStandardError($0) }
    ) {
        self.format = format
        self.destination = destination
        self.now = now
        self.write = write
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var fields = metadata.merging(event.metadata ?? [:]) { $1 }
        if let error = event.error { fields["error"] = "\(error)" }
        let message = Self.clean(event.message.description)
        let pairs = fields.sorted { $0.key < $1.key }.map {
            (name: Self.clean($0.key), value: Self.clean("\($0.value)"))
        }
        let prefix = destination == .journal ? "<\(LogDestination.priority(event.level))>" : ""
        switch format {
        case .text:
            let head = destination == .journal ? "" : "\(now()) \(event.level.rawValue) "
            let tail = pairs.map { " \($0.name)=\(Self.quoted($0.value))" }.joined()
            write("\(prefix)\(head)\(message)\(tail)\n")
        case .json:
            var object = JSONObject()
            object["time"] = .string("\(now())")
            object["level"] = .string(event.level.rawValue)
            object["message"] = .string(message)
            for pair in pairs {
                object[object[pair.name] == nil ? pair.name : "\(pair.name)_"] = .string(pair.value)
            }
            write("\(prefix)\(JSONValue.object(object).text)\n")
        }
    }

    /// A log that nobody can take any more ends nothing.
    public static func writeToStandardError(_ line: String) {
        var line = line
        line.withUTF8 { _ = Foundation.write(2, $0.baseAddress, $0.count) }
    }

    private static func clean(_ text: String) -> String { ForeignText.clean(text, longest: 2000) }

    /// In quotes where it could be taken for more than one value.
    private static func quoted(_ value: String) -> String {
        let isPlain = !value.isEmpty && !value.contains { $0 == " " || $0 == "\"" || $0 == "=" }
        return isPlain ? value : "\"\(value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
    }
}
