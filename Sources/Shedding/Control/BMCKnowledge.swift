public import PowerEvents
public import Site
public import StrictJSON

/// What was found out about a BMC by searching it.
///
/// Only where to look, never what is there: everything that counts is read anew.
public struct BMCKnowledge: Sendable, Hashable {
    /// A control, and what it was looked for by: with another type or other pins it may be another one.
    public struct Control: Sendable, Hashable {
        public var key: ControlKey
        public var type: ResourceType
        public var pins: Resource.Pins
        public var locator: JSONValue

        public init(key: ControlKey, type: ResourceType, pins: Resource.Pins, locator: JSONValue) {
            self.key = key
            self.type = type
            self.pins = pins
            self.locator = locator
        }
    }

    /// By which rules it was found. To be raised when a search would choose otherwise.
    public static let currentRules = 1

    public private(set) var rules: Int
    /// Where sessions are opened.
    public var sessions: String?
    public private(set) var controls: [Control] = []

    public init(rules: Int = currentRules) { self.rules = rules }

    public func locator(of entry: ControlEntry) -> JSONValue? {
        controls.first { $0.key == entry.key && $0.type == entry.type && $0.pins == entry.pins }?.locator
    }

    public mutating func learn(_ control: Control) {
        controls.removeAll { $0.key == control.key }
        controls.append(control)
    }

    /// Takes over what another search has found. What is longer than any link is not remembered, and is found again.
    public mutating func merge(_ other: BMCKnowledge) {
        if let found = other.sessions, found.utf8.count <= Reading.longestPlace { sessions = found }
        for control in other.controls where control.locator.bytes.count <= Reading.longestLocator { learn(control) }
    }
}
