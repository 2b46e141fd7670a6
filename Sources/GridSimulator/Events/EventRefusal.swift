public import PowerEvents

/// Why an event from the bus is not believed.
public enum EventRefusal: Error, Sendable, Hashable, CustomStringConvertible {
    /// No channel of the contract, or no event in it.
    case malformed(String)
    /// Topic, `source` and `type` do not belong together.
    case misplaced(String)
    /// Nobody who is trusted for such events.
    case unknownSource(EventSource)
    case unsigned
    case signature(String)
    /// Too old, or ahead of our clock.
    case time(Timestamp)
    /// The same event, or the same signed payload in another envelope, came before.
    case repeated
    case payload(String)

    public var description: String {
        switch self {
        case .malformed(let what): "no event of the contract: \(what)"
        case .misplaced(let what): "topic and envelope do not agree: \(what)"
        case .unknownSource(let source): "\(source) is not among the trusted sources"
        case .unsigned: "its data is not signed"
        case .signature(let what): what
        case .time(let time): "its time, \(time), is too far from now"
        case .repeated: "the same event or signed payload came before"
        case .payload(let what): "its payload: \(what)"
        }
    }
}
