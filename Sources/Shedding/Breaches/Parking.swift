public import PowerEvents

/// What a journal holds that is so old, or of a time that has not come, that people have to say whether it still counts.
/// Nothing of it is read, written or reported until then.
public struct Parking: Sendable, Hashable {
    /// Breaches that are not over.
    public internal(set) var breaches: Set<UUIDText> = []
    /// What they hold, and what is still to be put back of earlier ones.
    public internal(set) var controls: Set<ControlKey> = []

    public var isEmpty: Bool { breaches.isEmpty && controls.isEmpty }
}
