/// Which machine a BMC says that it manages: UUID and serial number, in one spelling, as far as it tells.
///
/// BMCs change how they spell both with their firmware, and leave them out or show placeholders while they start.
/// What is a placeholder or absent is unknown, and unknown contradicts nothing.
public struct MachineIdentity: Sendable, Hashable, CustomStringConvertible {
    public let uuid: String?
    public let serial: String?

    /// - Returns: nil where neither tells anything
    public init?(uuid: String?, serial: String?) {
        self.uuid = uuid.flatMap(Self.bounded).flatMap(Self.comparableUUID)
        self.serial = serial.flatMap(Self.bounded).flatMap(Self.comparableSerial)
        if self.uuid == nil, self.serial == nil { return nil }
    }

    /// Whether both tell something that cannot be so of one machine.
    public func contradicts(_ other: MachineIdentity) -> Bool {
        if let uuid, let theirs = other.uuid, uuid != theirs { return true }
        if let serial, let theirs = other.serial, serial != theirs { return true }
        return false
    }

    /// Whether something that both tell is the same.
    func isConfirmed(by other: MachineIdentity) -> Bool {
        !contradicts(other) && (uuid != nil && uuid == other.uuid || serial != nil && serial == other.serial)
    }

    /// This, with what only the other tells.
    func completed(by other: MachineIdentity?) -> MachineIdentity {
        // The spelling of what is complete is in order already.
        if uuid != nil, serial != nil { return self }
        guard let other, other != self, !contradicts(other) else { return self }
        return MachineIdentity(uuid: uuid ?? other.uuid, serial: serial ?? other.serial) ?? self
    }

    public var description: String {
        [uuid.map { "UUID \($0)" }, serial.map { "serial \($0)" }].compactMap { $0 }.joined(separator: ", ")
    }

    /// - Returns: nil for what is too long to be either, which tells nothing
    private static func bounded(_ text: String) -> String? { text.utf8.count > 128 ? nil : text }

    // MARK: Spelling

    private static func comparableUUID(_ text: String) -> String? {
        let plain = trimmed(text).lowercased().filter { !"-{} ".contains($0) }
        return isPlaceholder(plain) || knownUUIDs.contains(plain) ? nil : plain
    }

    private static func comparableSerial(_ text: String) -> String? {
        let plain = trimmed(text).lowercased()
        return isPlaceholder(plain) || knownSerials.contains(plain) ? nil : plain
    }

    private static func trimmed(_ text: String) -> Substring {
        func isPadding(_ character: Character) -> Bool { character.isWhitespace || character == "\0" }
        let head = text.drop(while: isPadding)
        guard let last = head.lastIndex(where: { !isPadding($0) }) else { return "" }
        return head[...last]
    }

    /// Empty, or one character over and over: zeros, Fs, Xs, dashes.
    private static func isPlaceholder(_ text: String) -> Bool {
        guard let first = text.first(where: { $0 != "-" && $0 != " " }) else { return true }
        // A serial number of one digit is one.
        return text.count > 1 && text.allSatisfy { $0 == first || $0 == "-" || $0 == " " }
            || text.count == 1 && "0fx?".contains(first)
    }

    /// What boards are shipped with by the thousand.
    private static let knownUUIDs: Set<String> = [
        "03000200040005000006000700080009", "00020003000400050006000700080009", "12345678123456789012123456789012",
        "123456781234567890abcddeefaabbcc", "01234567890123456789012345678901", "none", "null", "n/a", "notspecified",
        "notavailable", "unknown",
    ]

    private static let knownSerials: Set<String> = [
        "none", "null", "n/a", "na", "nil", "not specified", "not available", "not applicable", "not set", "unknown",
        "unspecified", "undefined", "default", "default string", "to be filled by o.e.m.", "to be filled by oem", "oem",
        "system serial number", "chassis serial number", "serial number", "serial", "empty", "invalid", "0123456789",
        "123456789", "1234567890", "01234567890123456789", "12345678", "1234567",
    ]
}
