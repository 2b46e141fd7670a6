import PowerEvents
import Shedding
import Site
import StrictJSON

/// A control that is touched: table `control`.
extension ControlEntry: JournalRecord {
    static let kind = "control"
    static let version = 1

    static let fields: [RecordField<ControlEntry>] = [
        .fixed("key") { $0.key },
        .fixed("type") { $0.type },
        .fixed("bmc") { $0.bmc },
        .fixed(optional: "pins") { $0.pins == Resource.Pins() ? nil : $0.pins },
        .optional("locator", { $0.locator }, { $0.locator = $1 }),
        .optional("place", { $0.place }, { $0.place = $1 }),
        .optional("shared_by", earlier: "sharedBy", { $0.sharedBy }, { $0.sharedBy = $1 }),
        .optional(
            "machine", earlier: "identity", { $0.identity.map(MachineRecord.init) }, { $0.identity = $1.identity }),
        .optional("prior", { $0.prior }, { $0.prior = $1 }),
        .optional("moved", earlier: "isMoved", { $0.isMoved }, { $0.isMoved = $1 }),
        .optional("intent", { $0.intent }, { $0.intent = $1 }),
        .optional("held", { $0.held }, { $0.held = $1 }),
        .optional("made", { $0.made }, { $0.made = $1 }),
        .optional(
            "reassertions", { $0.reassertions == 0 ? nil : $0.reassertions },
            { $0.reassertions = min(max($1, 0), 1_000_000) }),
        .optional("power_cycled", earlier: "isPowerCycled", { $0.isPowerCycled }, { $0.isPowerCycled = $1 }),
        .optional("unconfirmed", earlier: "isUnconfirmed", { $0.isUnconfirmed }, { $0.isUnconfirmed = $1 }),
        .optional("refused", earlier: "wasRefused", { $0.wasRefused }, { $0.wasRefused = $1 }),
        .optional("floor_microwatts", earlier: "floor", { $0.floor }, { $0.floor = $1 }),
        .optional("earlier_intents", earlier: "earlierIntents", { $0.earlierIntents }, { $0.earlierIntents = $1 }),
    ]

    init(beginning source: RecordSource) throws {
        self.init(
            key: try source.required("key"), type: try source.required("type"), bmc: try source.required("bmc"),
            pins: try source.optional("pins") ?? Resource.Pins())
    }
}

extension ControlEntry.Prior: RecordFields {
    static let fields: [RecordField<ControlEntry.Prior>] = [
        .fixed("value") { $0.value },
        .fixed("fragment") { $0.fragment },
        .fixed("taken_at", earlier: "takenAt") { $0.takenAt },
        .optional("dormant_microwatts", earlier: "dormant", { $0.dormant }, { $0.dormant = $1 }),
        .optional("place", { $0.place }, { $0.place = $1 }),
    ]

    init(beginning source: RecordSource) throws {
        self.init(
            value: try source.required("value"), fragment: try source.required("fragment"),
            takenAt: try source.required("taken_at", earlier: "takenAt"))
    }
}

extension ControlPlace: RecordFields {
    static let fields: [RecordField<ControlPlace>] = [
        .fixed("path") { $0.path },
        .fixed("dialect") { $0.dialect },
    ]

    init(beginning source: RecordSource) throws {
        self.init(path: try source.required("path"), dialect: try source.required("dialect"))
    }
}

/// A machine's identity, which may come to nothing: what is a placeholder today was none to an earlier version.
private struct MachineRecord: RecordFields {
    var uuid: String?
    var serial: String?

    init(_ identity: MachineIdentity) {
        uuid = identity.uuid
        serial = identity.serial
    }

    var identity: MachineIdentity? { MachineIdentity(uuid: uuid, serial: serial) }

    static let fields: [RecordField<MachineRecord>] = [
        .optional("uuid", { $0.uuid }, { $0.uuid = $1 }),
        .optional("serial", { $0.serial }, { $0.serial = $1 }),
    ]

    init(beginning source: RecordSource) {}

    init(reading source: RecordSource) throws {
        guard source.isEarlier, let text = source.json.string else {
            for field in Self.fields { try field.read(&self, source) }
            return
        }
        // The first versions kept one text, which was either.
        let digits = text.filter { $0 != "-" }
        let isUUID = digits.count == 32 && digits.allSatisfy(\.isHexDigit)
        uuid = isUUID ? text : nil
        serial = isUUID ? nil : text
    }
}
