/// Which controls are held, by what their BMCs hold once.
///
/// Several resources may lead to one control: a node and the chassis around it, two names of one processor, GPUs with
/// one accelerator. The first that is held has it; the holds of the others are on that one.
struct Sharing: Sendable {
    private var holders: [ControlIdentity: ControlKey] = [:]
    private var places: [ControlKey: ControlIdentity] = [:]
    /// The key that stands for another one.
    private(set) var primaries: [ControlKey: ControlKey] = [:]

    /// Another key that has what this entry's key leads to.
    func holder(of entry: ControlEntry) -> ControlKey? {
        guard let place = ControlIdentity(entry), let holder = holders[place], holder != entry.key else { return nil }
        return holder
    }

    mutating func claim(_ entry: ControlEntry) {
        guard let place = ControlIdentity(entry), places[entry.key] != place else { return }
        release(entry.key)
        places[entry.key] = place
        holders[place] = entry.key
    }

    /// A key has nothing any more; what stood behind it stands for itself again.
    mutating func forget(_ key: ControlKey) {
        release(key)
        if !primaries.isEmpty { primaries = primaries.filter { $0.value != key } }
    }

    mutating func stand(_ primary: ControlKey, for key: ControlKey) {
        for (other, known) in primaries where known == key { primaries[other] = primary }
        primaries[key] = primary
    }

    private mutating func release(_ key: ControlKey) {
        guard let place = places.removeValue(forKey: key), holders[place] == key else { return }
        holders[place] = nil
    }
}
