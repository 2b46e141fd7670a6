import PowerEvents
import Site
import StrictJSON

extension ControlEntry {
    /// What an entry consists of; each is explained at ``ControlEntry``.
    struct Fields: Hashable {
        let key: ControlKey
        let type: ResourceType
        var bmc: BMC
        let pins: Resource.Pins
        var locator: JSONValue?
        var place: ControlPlace?
        var sharedBy: [ControlKey]?
        var identity: MachineIdentity?
        var prior: Prior?
        var isMoved: Bool?
        var intent: ControlValue?
        var held: ControlValue?
        var made: ControlValue?
        var reassertions: Int = 0
        var isPowerCycled: Bool?
        var isUnconfirmed: Bool?
        var wasRefused: Bool?
        var floor: Watts?
        var earlierIntents: [ControlValue]?
    }

    /// Where copies of an entry keep what they share.
    ///
    /// Sendable although it can be changed, because only an entry that nobody shares it with changes it.
    final class Storage: @unchecked Sendable {
        var fields: Fields

        init(_ fields: Fields) { self.fields = fields }
    }

    public static func == (left: Self, right: Self) -> Bool {
        left.storage === right.storage || left.storage.fields == right.storage.fields
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(storage.fields) }
}
