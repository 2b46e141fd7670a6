import PowerEvents

/// As journals keep it: `{"code":"failed","reasons":[{"name":"busy",…}],"value":…}`.
extension Outcome: Codable {
    private enum CodingKeys: String, CodingKey { case code, reasons, value }

    /// What earlier versions wrote instead of reasons.
    private enum EarlierKeys: String, CodingKey { case message, isUntouched, isUnsupported }

    public init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        let code = try members.decode(EnforcementResult.Code.self, forKey: .code)
        value = try members.decodeIfPresent(ControlValue.self, forKey: .value)
        guard members.contains(.reasons) else {
            ending = try Self.earlierEnding(code, decoder.container(keyedBy: EarlierKeys.self))
            return
        }
        switch code {
        case .applied: ending = .applied(try members.decode([AppliedRemark].self, forKey: .reasons))
        case .failed:
            let reason = try members.decode([FailureReason].self, forKey: .reasons).first
            ending = .failed(reason ?? .earlierVersion(code.rawValue))
        case .skipped:
            let reason = try members.decode([SkipReason].self, forKey: .reasons).first
            ending = .skipped(reason ?? .earlierVersion(code.rawValue))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode(code, forKey: .code)
        try members.encode(reasons, forKey: .reasons)
        try members.encodeIfPresent(value, forKey: .value)
    }

    private var reasons: [ReasonRecord] {
        switch ending {
        case .applied(let remarks): remarks.map(\.record)
        case .failed(let reason): [reason.record]
        case .skipped(let reason): [reason.record]
        }
    }

    /// What is decided by a reason was a flag of its own; all else of it is only told again. That a BMC was unreachable
    /// counts only while the process runs that could not reach it.
    private static func earlierEnding(
        _ code: EnforcementResult.Code, _ members: KeyedDecodingContainer<EarlierKeys>
    ) throws -> Ending {
        func isSet(_ key: EarlierKeys) throws -> Bool { try members.decodeIfPresent(Bool.self, forKey: key) ?? false }
        let message = try members.decodeIfPresent(String.self, forKey: .message)
        switch code {
        case .applied:
            if try isSet(.isUntouched) { return .applied([.neverBegun]) }
            return .applied(message.map { [.earlierVersion($0)] } ?? [])
        case .skipped: return .skipped(SkipReason(earlierVersion: message ?? code.rawValue))
        case .failed:
            let text = message ?? code.rawValue
            if try isSet(.isUnsupported) { return .failed(.bmc(.unsupported, text, retries: 0)) }
            return .failed(.earlierVersion(text))
        }
    }
}
