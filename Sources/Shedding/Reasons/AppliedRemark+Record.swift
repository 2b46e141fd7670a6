import PowerEvents

extension AppliedRemark: RecordedReason {
    public var record: ReasonRecord {
        func record(
            text: String? = nil, names: [String]? = nil, value: ControlValue? = nil, wanted: ControlValue? = nil
        ) -> ReasonRecord { ReasonRecord(name.rawValue, text: text, names: names, value: value, wanted: wanted) }
        switch self {
        case .raisedToFloor(let watts), .raisedToMinimum(let watts), .alreadyLimited(let watts):
            return record(value: .limit(watts))
        case .rounded(let made, let wanted): return record(value: made, wanted: wanted)
        case .limitedBySomebodyElse(let value): return record(value: value)
        case .limited(let speed): return record(value: .speed(speed))
        case .alreadyDown(let state), .suspended(let state), .wasDown(let state): return record(value: .power(state))
        case .powerMode(let mode): return record(value: .mode(mode))
        case .offAsBefore(let spelled, let before): return record(names: [spelled, before])
        case .stillHeld(let breaches): return record(names: breaches.map(\.text))
        case .nothingChanged, .neverBegun, .restoredByMeaning: return record()
        case .earlierVersion(let text): return record(text: text)
        }
    }

    public init?(record: ReasonRecord) {
        guard let name = Name(rawValue: record.name), let remark = Self.read(name, record) else { return nil }
        self = remark
    }

    private static func read(_ name: Name, _ record: ReasonRecord) -> AppliedRemark? {
        let (names, value) = (record.names, record.value)
        let watts = value?.limit
        let state: PowerState? = if case .power(let state)? = value { state } else { nil }
        switch name {
        case .nothingChanged: return .nothingChanged
        case .neverBegun: return .neverBegun
        case .raisedToFloor: return watts.map { .raisedToFloor($0) }
        case .raisedToMinimum: return watts.map { .raisedToMinimum($0) }
        case .alreadyLimited: return watts.map { .alreadyLimited($0) }
        case .rounded:
            guard let value, let wanted = record.wanted else { return nil }
            return .rounded(made: value, wanted: wanted)
        case .limitedBySomebodyElse: return value.map { .limitedBySomebodyElse($0) }
        case .limited:
            guard case .speed(let speed?)? = value else { return nil }
            return .limited(speed)
        case .powerMode:
            guard case .mode(let mode)? = value else { return nil }
            return .powerMode(mode)
        case .alreadyDown: return state.map { .alreadyDown($0) }
        case .suspended: return state.map { .suspended($0) }
        case .wasDown: return state.map { .wasDown($0) }
        case .restoredByMeaning: return .restoredByMeaning
        case .offAsBefore:
            guard let names, names.count == 2 else { return nil }
            return .offAsBefore(spelled: names[0], before: names[1])
        case .stillHeld: return names.map { .stillHeld(by: $0.compactMap { UUIDText($0) }) }
        case .earlierVersion: return record.text.map { .earlierVersion($0) }
        }
    }

    public init(earlierVersion text: String) { self = .earlierVersion(text) }
}
