import Journal
import PowerEvents

/// Entries as they come, to what goes into a member's file. A value without I/O.
struct LogReader: Sendable {
    enum Trouble: Error, Hashable, CustomStringConvertible {
        /// Entries between are missing: the log has to be read anew.
        case gap(after: Int64, found: Int64)
        /// The log before this entry is another one than this member's.
        case diverged(number: Int64)
        case malformed(number: Int64, String)

        var description: String {
            switch self {
            case .gap(let last, let found): "entry \(found) of the log came after \(last)"
            case .diverged(let number): "entry \(number) of the log does not continue what this file holds"
            case .malformed(let number, let reason): "entry \(number) of the log cannot be read: \(reason)"
            }
        }
    }

    /// More than a transaction of this agent's changes.
    static let mostPending = 256 << 20

    /// Where the file will be with everything that was handed out.
    private(set) var position: JournalPosition
    /// The last entry that was read; beyond ``position`` while a transaction's entries come.
    private(set) var number: Int64
    private(set) var chain: [UInt8]
    private var pending: [UInt8] = []
    private var pendingTerm: [UInt8]?

    init(_ position: JournalPosition) {
        self.position = position
        number = position.number
        chain = position.chain
    }

    /// - Returns: what goes into the file; nil where more has to come first, and for what was there before
    /// - Throws: ``Trouble``
    mutating func take(_ found: Int64, _ value: [UInt8]) throws -> JournalStep? {
        if found <= number { return nil }
        guard found == number + 1 else { throw Trouble.gap(after: number, found: found) }
        let entry: LogEntry
        let theirs: [UInt8]
        do { (entry, theirs) = try LogEntry.decode(value) } catch {
            throw Trouble.malformed(number: found, "\(error)")
        }
        let next = entry.chain(after: chain)
        guard next == theirs else { throw Trouble.diverged(number: found) }
        // What another term has begun and not ended was never committed anywhere.
        if pendingTerm != entry.term { pending = [] }
        guard pending.count + entry.payload.count <= Self.mostPending else {
            throw Trouble.malformed(number: found, "it goes on for more than \(Self.mostPending) bytes")
        }
        (number, chain) = (found, next)
        pending += entry.payload
        pendingTerm = entry.term
        if entry.continues { return nil }
        let payload = pending
        (pending, pendingTerm) = ([], nil)
        position.number = number
        position.chain = chain
        switch entry.kind {
        case .changes: return JournalStep(changes: payload, position: position)
        case .begins:
            guard let term = LogTerm(payload) else {
                throw Trouble.malformed(number: found, "it does not say whose term begins")
            }
            (position.leader, position.hasEnded) = (term.member, false)
        case .ends: position.hasEnded = true
        }
        return JournalStep(changes: [], position: position)
    }
}
