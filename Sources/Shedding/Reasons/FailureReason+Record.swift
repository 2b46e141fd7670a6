import PowerEvents

extension FailureReason: RecordedReason {
    public var record: ReasonRecord {
        func record(
            text: String? = nil, resource: String? = nil, names: [String]? = nil, count: Int? = nil,
            value: ControlValue? = nil, wanted: ControlValue? = nil
        ) -> ReasonRecord {
            ReasonRecord(
                name.rawValue, text: text, resource: resource, names: names, count: count, value: value, wanted: wanted)
        }
        switch self {
        case .bmc(_, let said, let retries): return record(text: said, count: retries)
        case .notReadBack(let holds, let objection): return record(text: objection, value: holds)
        case .clamped(let made, let wanted): return record(value: made, wanted: wanted)
        case .unknownEffect(let said, let holds): return record(text: said, value: holds)
        case .unread(let kind, let said): return record(text: said, names: [kind.reason.rawValue])
        case .deadline(let value, let write): return record(text: write?.rawValue, value: value)
        case .noWayToSuspend(let offered): return record(names: offered.map(\.rawValue))
        case .modeNotOffered(let wanted, let offered): return record(text: wanted, names: offered)
        case .contended(let value, let corrections): return record(count: corrections, value: value)
        case .anotherMachine(let found, let known): return record(text: known, names: [found])
        case .sharesControl(let holder): return record(resource: holder)
        case .journalCannotRecord(let why): return record(text: why)
        case .stillHeld(let breaches): return record(names: breaches.map(\.text))
        case .internal(let text), .earlierVersion(let text): return record(text: text)
        case .powerStateUnknown, .noCapTarget, .noMaximumSpeed, .machineNotKnown, .writeMayStillTake,
            .shutdownMayStillCome, .resolvedMeanwhile, .protectedSince, .frozen, .observing, .superseded, .parked:
            return record()
        }
    }

    public init?(record: ReasonRecord) {
        guard let name = Name(rawValue: record.name), let reason = Self.read(name, record) else { return nil }
        self = reason
    }

    private static func read(_ name: Name, _ record: ReasonRecord) -> FailureReason? {
        let (text, names, value, count) = (record.text, record.names, record.value, record.count)
        switch name {
        case .unreachable, .circuitOpen, .cancelled, .outOfTime, .leaseAway, .untrusted, .unauthorized, .busy, .refused,
            .overtaken, .unsupported, .nodeOff, .invalidAnswer:
            guard let kind = kind(name), let text else { return nil }
            return .bmc(kind, text, retries: count ?? 0)
        case .unknownEffect:
            guard let text else { return nil }
            return value.map { .unknownEffect(text, holds: $0) } ?? .bmc(.unknownEffect, text, retries: count ?? 0)
        case .notReadBack: return value.map { .notReadBack(holds: $0, objection: text) }
        case .clamped:
            guard let value, let wanted = record.wanted else { return nil }
            return .clamped(made: value, wanted: wanted)
        case .unread:
            guard let kind = names?.first.flatMap(Name.init(rawValue:)).flatMap(kind), let text else { return nil }
            return .unread(kind, text)
        case .deadline: return value.map { .deadline($0, after: text.map { ResetType(rawValue: $0) }) }
        case .powerStateUnknown: return .powerStateUnknown
        case .noWayToSuspend: return names.map { .noWayToSuspend(offered: $0.map { ResetType(rawValue: $0) }) }
        case .noMaximum: return .noCapTarget(.noMaximum)
        case .noMinimum: return .noCapTarget(.noMinimum)
        case .zeroCap: return .noCapTarget(.zero)
        case .noMaximumSpeed: return .noMaximumSpeed
        case .modeNotOffered: return names.map { .modeNotOffered(text, offered: $0) }
        case .contended:
            guard let value, let count else { return nil }
            return .contended(value, corrections: count)
        case .anotherMachine:
            guard let found = names?.first, let text else { return nil }
            return .anotherMachine(found: found, known: text)
        case .machineNotKnown: return .machineNotKnown
        case .writeMayStillTake: return .writeMayStillTake
        case .shutdownMayStillCome: return .shutdownMayStillCome
        case .resolvedMeanwhile: return .resolvedMeanwhile
        case .protectedSince: return .protectedSince
        case .frozen: return .frozen
        case .observing: return .observing
        case .superseded: return .superseded
        case .sharesControl: return record.resource.map { .sharesControl(with: $0) }
        case .parked: return .parked
        case .journalCannotRecord: return text.map { .journalCannotRecord($0) }
        case .stillHeld: return names.map { .stillHeld(by: $0.compactMap { UUIDText($0) }) }
        case .internal: return text.map { .internal($0) }
        case .earlierVersion: return text.map { .earlierVersion($0) }
        }
    }

    private static func kind(_ name: Name) -> BMCFault.Kind? { BMCFault.Kind.allCases.first { $0.reason == name } }

    public init(earlierVersion text: String) { self = .earlierVersion(text) }
}
