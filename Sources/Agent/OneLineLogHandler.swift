public import Logging

/// Keeps each message on its line. BMCs, power agents and strangers all have their words in the log, and none of them may
/// forge a line of it.
public struct OneLineLogHandler<Base: LogHandler>: LogHandler {
    private var base: Base

    public init(_ base: Base) { self.base = base }

    public var metadata: Logger.Metadata {
        get { base.metadata }
        set { base.metadata = newValue }
    }

    public var logLevel: Logger.Level {
        get { base.logLevel }
        set { base.logLevel = newValue }
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { base[metadataKey: key] }
        set { base[metadataKey: key] = newValue }
    }

    public func log(event: LogEvent) {
        var clean = event
        clean.message = "\(ForeignText.clean(event.message.description, longest: 2000))"
        clean.metadata = event.metadata?.mapValues { "\(ForeignText.clean($0.description, longest: 2000))" }
        base.log(event: clean)
    }
}
