import PowerEvents
import Shedding
import StrictJSON

/// A hint with what becomes of it: in the row of its breach, and in table `plan_change`.
extension PlannedHint: JournalRecord {
    static let kind = "plan"
    static let version = 1

    static let fields: [RecordField<PlannedHint>] = [
        .fixed("hint") { $0.hint },
        .optional("member", { $0.member }, { $0.member = $1 }),
        .fixed("verdict") { $0.verdict },
        .list("exceptions", { $0.exceptions }, { $0.exceptions = $1 }),
        .flag("superseded", earlier: "isSuperseded", { $0.isSuperseded }, { $0.isSuperseded = $1 }),
        .optional("fallback", { $0.fallback }, { $0.fallback = $1 }),
        .optional("fallen_back", earlier: "hasFallenBack", { $0.hasFallenBack }, { $0.hasFallenBack = $1 }),
    ]

    init(beginning source: RecordSource) throws {
        self.init(hint: try source.required("hint"), verdict: try source.required("verdict"))
    }
}

/// Under the names of the contract, but for the power, which is exact here.
extension ShedHint: RecordFields {
    static let fields: [RecordField<ShedHint>] = [
        .fixed("resource_id", earlier: "resourceID") { $0.resourceID },
        .fixed("resource_type", earlier: "resourceType") { $0.resourceType },
        .fixed("action") { $0.action },
        .fixed("priority") { $0.priority },
        .optional("target_power", earlier: "targetPower", { $0.targetPower }, { $0.targetPower = $1 }),
    ]

    init(beginning source: RecordSource) throws {
        self.init(
            resourceID: try source.required("resource_id", earlier: "resourceID"),
            resourceType: try source.required("resource_type", earlier: "resourceType"),
            action: try source.required("action"), priority: try source.required("priority"))
    }
}

extension PlannedHint.Fallback: RecordFields {
    static let fields: [RecordField<PlannedHint.Fallback>] = [
        .fixed("demand") { $0.demand },
        .fixed("controls") { $0.controls },
    ]

    init(beginning source: RecordSource) throws {
        self.init(try source.required("demand"), of: try source.required("controls"))
    }
}

/// `{"skipped": why}`, or a demand with its controls, and with what covers it where something does.
extension PlannedHint.Verdict: RecordValue {
    func write(to text: inout RecordText) {
        text.beginObject()
        switch self {
        case .skipped(let reason): text.member("skipped", reason)
        case .demand(let demand, let controls):
            text.member("demand", demand)
            text.member("controls", controls)
        case .covered(let cover, let demand, let controls):
            text.member("covered_by", cover)
            text.member("demand", demand)
            text.member("controls", controls)
        case .spread(let spread): text.member("spread", spread)
        }
        text.endObject()
    }

    init(reading source: RecordSource) throws {
        if source.isEarlier {
            self = try Self.earlier(source)
        } else if source.json["skipped"] != nil {
            self = .skipped(try source.required("skipped"))
        } else if source.json["spread"] != nil {
            self = .spread(try source.required("spread"))
        } else if let cover: ControlKey = try source.optional("covered_by") {
            self = .covered(by: cover, try source.required("demand"), of: try source.required("controls"))
        } else {
            self = .demand(try source.required("demand"), of: try source.required("controls"))
        }
    }

    private static func earlier(_ source: RecordSource) throws -> PlannedHint.Verdict {
        let (name, values) = try source.earlierCase()
        switch name {
        case "skipped": return .skipped(try values.required("_0"))
        case "demand": return .demand(try values.required("_0"), of: try values.required("of"))
        case "covered":
            return .covered(by: try values.required("by"), try values.required("_1"), of: try values.required("of"))
        default: throw source.unknown(name)
        }
    }
}
