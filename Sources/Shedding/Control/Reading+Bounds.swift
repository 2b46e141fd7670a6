import StrictJSON

extension Reading {
    /// In bytes: of what a write could change, and of where it is. Those of any BMC that was seen are far smaller.
    private static let longestFragment = 64 << 10
    static let longestLocator = 16 << 10
    static let longestPlace = 4 << 10
    private static let longestName = 64
    private static let mostNames = 32

    /// What a BMC said, in bounds. What is only told is cut. What is put back as it was, or found again by, cannot be, and is
    /// no answer.
    public var bounded: Result<Reading, BMCFault> {
        func refuse(_ what: String, _ most: Int) -> Result<Reading, BMCFault> {
            .failure(
                BMCFault(
                    .invalidAnswer, "the BMC's answer has \(what) of more than \(most) bytes", mayBeOfResource: true))
        }
        if fragment.bytes.count > Self.longestFragment { return refuse("members of a control", Self.longestFragment) }
        if locator.bytes.count > Self.longestLocator { return refuse("links to a control", Self.longestLocator) }
        if let place, place.path.utf8.count > Self.longestPlace { return refuse("a link", Self.longestPlace) }
        if case .mode(let mode) = value, mode.utf8.count > 4 * Self.longestName {
            return refuse("a power mode", 4 * Self.longestName)
        }
        var reading = self
        if let group, group.utf8.count > Self.longestPlace { reading.group = nil }
        reading.objection = objection.map { StrangersText.cut($0) }
        reading.modes = Self.names(modes) { $0 }
        reading.resetTypes = Self.bounded(resetTypes)
        return .success(reading)
    }

    /// What a system may be asked to do, in bounds.
    public static func bounded(_ types: [ResetType]) -> [ResetType] { names(types, by: \.rawValue) }

    /// The first of them, each once.
    private static func names<Name: Hashable>(_ all: [Name], by text: (Name) -> String) -> [Name] {
        var seen: Set<Name> = []
        for name in all where seen.count < mostNames && text(name).utf8.count <= longestName { seen.insert(name) }
        var names: [Name] = []
        for name in all where seen.remove(name) != nil { names.append(name) }
        return names
    }
}
