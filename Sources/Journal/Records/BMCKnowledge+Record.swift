import Shedding
import StrictJSON

/// Where things are in a BMC: table `bmc_knowledge`.
extension BMCKnowledge: JournalRecord {
    static let kind = "BMC"
    static let version = 1

    static let fields: [RecordField<BMCKnowledge>] = [
        .fixed("rules") { $0.rules },
        .optional("sessions", { $0.sessions }, { $0.sessions = $1 }),
        .list(
            "controls", { $0.controls },
            { knowledge, controls in for control in controls { knowledge.learn(control) } }),
    ]

    init(beginning source: RecordSource) throws { self.init(rules: try source.required("rules")) }
}

extension BMCKnowledge.Control: RecordFields {
    static let fields: [RecordField<BMCKnowledge.Control>] = [
        .fixed("key") { $0.key },
        .fixed("type") { $0.type },
        .fixed("pins") { $0.pins },
        .fixed("locator") { $0.locator },
    ]

    init(beginning source: RecordSource) throws {
        self.init(
            key: try source.required("key"), type: try source.required("type"), pins: try source.required("pins"),
            locator: try source.required("locator"))
    }
}
