import Journal

/// The entries of one term, in their order. A value without I/O: whoever appends says when one is in the log.
struct LogWriter: Sendable {
    struct Entry: Sendable, Hashable {
        let number: Int64
        let value: [UInt8]
        let chain: [UInt8]
    }

    private(set) var position: JournalPosition
    private let term: [UInt8]
    /// Beyond the position's where an incomplete transaction of an earlier term is in the log.
    private var number: Int64
    private var chain: [UInt8]

    init(after reader: LogReader, term: [UInt8]) {
        position = reader.position
        number = reader.number
        chain = reader.chain
        self.term = term
    }

    /// How a payload is cut into entries. What is empty is one, too.
    static func parts(_ payload: [UInt8]) -> [ArraySlice<UInt8>] {
        if payload.isEmpty { return [[]] }
        return stride(from: 0, to: payload.count, by: LogEntry.mostBytes).map {
            payload[$0..<min($0 + LogEntry.mostBytes, payload.count)]
        }
    }

    func next(_ kind: LogEntry.Kind, _ part: some Sequence<UInt8>, continues: Bool) -> Entry {
        let entry = LogEntry(kind: kind, continues: continues, term: term, payload: Array(part))
        let (value, chain) = entry.encoded(after: chain)
        return Entry(number: number + 1, value: value, chain: chain)
    }

    /// The entry is in the log.
    mutating func appended(_ entry: Entry, isLast: Bool) {
        (number, chain) = (entry.number, entry.chain)
        if isLast { (position.number, position.chain) = (number, chain) }
    }

    mutating func led(by member: String, hasEnded: Bool) {
        (position.leader, position.hasEnded) = (member, hasEnded)
    }
}
