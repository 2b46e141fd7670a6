import PowerEvents
import Shedding
import StrictJSON

/// How the release of a control ended: table `release`. `{"code":"failed","reasons":[{"name":"busy", …}], "value": …}`
extension Outcome: JournalRecord {
    static let kind = "release"
    static let version = 1

    static let fields: [RecordField<Outcome>] = [
        .fixed("code") { $0.code },
        .fixed(optional: "reasons") { $0.reasons.isEmpty ? nil : $0.reasons },
        .optional("value", { $0.value }, { $0.value = $1 }),
    ]

    init(beginning source: RecordSource) throws {
        let code: EnforcementResult.Code = try source.required("code")
        guard source.json["reasons"] == nil, source.isEarlier else {
            self.init(try Self.ending(code, source))
            return
        }
        self.init(try Self.earlierEnding(code, source))
    }

    private var reasons: [ReasonRecord] {
        switch ending {
        case .applied(let remarks): remarks.map(\.record)
        case .failed(let reason): [reason.record]
        case .skipped(let reason): [reason.record]
        }
    }

    private static func ending(_ code: EnforcementResult.Code, _ source: RecordSource) throws -> Ending {
        switch code {
        case .applied: return .applied(try source.optional("reasons") ?? [])
        case .failed:
            let reasons: [FailureReason] = try source.optional("reasons") ?? []
            return .failed(reasons.first ?? .earlierVersion(code.rawValue))
        case .skipped:
            let reasons: [SkipReason] = try source.optional("reasons") ?? []
            return .skipped(reasons.first ?? .earlierVersion(code.rawValue))
        }
    }

    /// What is decided by a reason was a flag of its own; all else of it is only told again. That a BMC was unreachable
    /// counts only while the process runs that could not reach it.
    private static func earlierEnding(_ code: EnforcementResult.Code, _ source: RecordSource) throws -> Ending {
        let message: String? = try source.optional("message")
        switch code {
        case .applied where try source.optional("isUntouched") == true: return .applied([.neverBegun])
        case .failed where try source.optional("isUnsupported") == true:
            return .failed(.bmc(.unsupported, message ?? code.rawValue, retries: 0))
        default: return Ending(code, words: message)
        }
    }
}

extension Outcome.Ending {
    /// Where the words are all that was kept.
    init(_ code: EnforcementResult.Code, words: String?) {
        switch code {
        case .applied: self = .applied(words.map { [.earlierVersion($0)] } ?? [])
        case .skipped: self = .skipped(SkipReason(earlierVersion: words ?? code.rawValue))
        case .failed: self = .failed(.earlierVersion(words ?? code.rawValue))
        }
    }
}
