import PowerEvents

/// Which controls are to be looked at again, by the tenth of a second in which that is due.
///
/// Looking through thousands of controls ten times a second would take more than looking at them. An entry that its
/// control has changed its mind about is recognised by the control.
struct Agenda: Sendable {
    private var slots: [Int64: [ControlKey]] = [:]

    private static func slot(_ time: Timestamp) -> Int64 { time.milliseconds / 100 }

    mutating func add(_ key: ControlKey, at time: Timestamp) { slots[Self.slot(time), default: []].append(key) }

    /// Takes out what is due; what becomes due later in this tenth of a second stays.
    mutating func takeDue(_ now: Timestamp, time: (ControlKey) -> Timestamp?) -> [ControlKey] {
        let present = Self.slot(now)
        var due: Set<ControlKey> = []
        for slot in slots.keys.filter({ $0 <= present }) {
            for key in slots.removeValue(forKey: slot) ?? [] {
                guard let time = time(key), Self.slot(time) == slot else { continue }
                if now >= time { due.insert(key) } else { add(key, at: time) }
            }
        }
        return due.sorted()
    }
}
