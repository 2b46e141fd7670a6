import OpenSSL

/// One numbered key of the log.
///
/// Its value: `IMA`, the format's number, what it is, flags, two zeroes; 16 bytes of the term that wrote it; 32 of the
/// chain, SHA-256 over the chain before it and all of this value but the chain; then what it carries.
struct LogEntry: Sendable, Hashable {
    struct Malformed: Error, CustomStringConvertible {
        let description: String
    }

    enum Kind: UInt8, Sendable {
        /// Changes of rows.
        case changes = 1
        /// A leader's first entry: ``LogTerm`` as JSON. What an earlier one still had on its way is refused from here on.
        case begins = 2
        /// A leader's last entry: nothing of it is in flight.
        case ends = 3
    }

    /// Of this layout.
    static let format: UInt8 = 1
    static let termLength = 16
    static let chainLength = 32
    static let firstChain = [UInt8](repeating: 0, count: chainLength)
    private static let headLength = 8 + termLength
    /// What one key carries at most; etcd takes requests of 1.5 MiB, and base64 makes four bytes of three.
    static let mostBytes = 512 << 10
    private static let continuesFlag: UInt8 = 1

    var kind: Kind
    /// Whether the next entry of the same term carries more of the same.
    var continues = false
    var term: [UInt8]
    var payload: [UInt8]

    private var head: [UInt8] {
        Array("IMA".utf8) + [Self.format, kind.rawValue, continues ? Self.continuesFlag : 0, 0, 0] + term
    }

    /// The digest over everything up to this entry.
    func chain(after chain: [UInt8]) -> [UInt8] { SHA256.digest(chain + head + payload) }

    /// - Returns: the key's value, and the chain with it
    func encoded(after chain: [UInt8]) -> (value: [UInt8], chain: [UInt8]) {
        let next = self.chain(after: chain)
        return (head + next + payload, next)
    }

    /// - Returns: the entry, and the chain that its writer had with it
    static func decode(_ value: [UInt8]) throws -> (entry: LogEntry, chain: [UInt8]) {
        guard value.starts(with: "IMA".utf8), value.count >= headLength + chainLength else {
            throw Malformed(description: "it is no entry of a log")
        }
        guard value[3] == format else {
            throw Malformed(description: "it is of format \(value[3]), and this version of ima reads \(format)")
        }
        guard let kind = Kind(rawValue: value[4]), value[5] & ~continuesFlag == 0 else {
            throw Malformed(description: "it is of kind \(value[4]), which this version of ima does not know")
        }
        let entry = LogEntry(
            kind: kind, continues: value[5] & continuesFlag != 0, term: Array(value[8..<headLength]),
            payload: Array(value[(headLength + chainLength)...]))
        return (entry, Array(value[headLength..<(headLength + chainLength)]))
    }
}
