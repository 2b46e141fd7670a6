import StrictJSON

/// Keeps the four payloads apart by what they must hold.
///
/// A signature covers the payload and not the envelope, so a payload signed for one purpose could be put into an
/// envelope of another type. Mutually exclusive rules per kind stop that (RFC 8725, 3.12).
enum PayloadKind {
    /// - Throws: ``EventDecodingError`` where the payload is no object, or satisfies another kind's schema.
    static func require(_ type: EventType, of json: JSONValue) throws {
        guard case .object(let object) = json else { throw Field(json).error("should be an object") }
        for other in EventType.allCases where other != type && signature(other).allSatisfy({ object[$0] != nil }) {
            throw EventDecodingError(path: "$", problem: "holds a \(other.rawValue) payload, not a \(type.rawValue)")
        }
    }

    /// Members that together occur in one kind only.
    private static func signature(_ type: EventType) -> [String] {
        switch type {
        case .loadTargetSet: ["targets"]
        case .powerStateStatus: ["snapshot_time", "feeds"]
        case .breachAlert: ["breach", "measured_load", "infrastructure_actions"]
        case .enforcement: ["breach_id", "action", "results"]
        }
    }
}
