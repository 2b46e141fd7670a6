import JOSE
import Settings

/// One file with keys of a source, as it was last read.
struct KeyFile {
    /// What became of it since it was last read.
    enum Change {
        case none
        case read
        /// It is gone or no key set; what it held last stays in force.
        case lost(reason: String)
    }

    let path: String
    private(set) var keys: JWKSet
    /// Which of several files had a key first, by its `kid`.
    private(set) var arrivals: [String: Int]
    /// Whether its last keys are in force only because the process still runs.
    private(set) var isLost = false
    private var stamp: FileStamp?

    /// - Throws: where the file is gone or no key set
    init(_ path: String, arrival: Int) throws {
        self.path = path
        stamp = FileStamp(path)
        keys = try KeyFiles.keySet(path)
        arrivals = Dictionary(uniqueKeysWithValues: keys.keyIDs.map { ($0, arrival) })
    }

    /// Reads the file again where it changed; one that was lost also where it did not seem to.
    ///
    /// - Parameter arrival: what tells keys that came now from those that came before
    mutating func refresh(arrival: Int, retrying: Bool) -> Change {
        let now = FileStamp(path)
        guard now != stamp || isLost && retrying else { return .none }
        let wasKnown = now == stamp
        stamp = now
        do {
            let set = try KeyFiles.keySet(path)
            var arrivals: [String: Int] = [:]
            for id in set.keyIDs {
                guard let key = set[id] else { continue }
                let isOld = keys[id].map(key.isSame) ?? false
                arrivals[id] = isOld ? self.arrivals[id] ?? arrival : arrival
            }
            keys = set
            self.arrivals = arrivals
            isLost = false
            return .read
        } catch {
            defer { isLost = true }
            return isLost && wasKnown ? .none : .lost(reason: "\(error)")
        }
    }
}
