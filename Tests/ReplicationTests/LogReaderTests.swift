import Journal
import PowerEvents
import Testing

@testable import Replication

/// Entries, their chain, and what goes into a file.
struct LogReaderTests {
    private static let start = JournalPosition(log: "l", number: 0, chain: LogEntry.firstChain)
    private static let ours = [UInt8](repeating: 1, count: LogEntry.termLength)
    private static let theirs = [UInt8](repeating: 2, count: LogEntry.termLength)

    private func write(
        _ writer: inout LogWriter, _ payload: [UInt8], _ kind: LogEntry.Kind = .changes
    ) -> [LogWriter.Entry] {
        let parts = LogWriter.parts(payload)
        return parts.enumerated().map { index, part in
            let entry = writer.next(kind, part, continues: index < parts.count - 1)
            writer.appended(entry, isLast: index == parts.count - 1)
            return entry
        }
    }

    @Test func numbersThatNoLogComesToAreNone() {
        let snapshot = { (number: Int64) in
            LogSnapshot(
                id: "s", number: number, chain: LogEntry.firstChain, bytes: 5,
                digest: String(repeating: "0", count: 64), schema: 1
            ).encoded
        }
        #expect(LogSnapshot(snapshot(1 << 62), largest: 9)?.number == 1 << 62)
        #expect(LogSnapshot(snapshot(.max), largest: 9) == nil)
    }

    @Test func whatWasWrittenIsRead() throws {
        var writer = LogWriter(after: LogReader(Self.start), term: Self.ours)
        var reader = LogReader(Self.start)
        for payload in [[1, 2, 3], [], [4]] as [[UInt8]] {
            for entry in write(&writer, payload) {
                let step = try #require(try reader.take(entry.number, entry.value))
                #expect(step.changes == payload && step.position.number == entry.number)
                #expect(step.position.chain == entry.chain)
            }
        }
        #expect(reader.position == writer.position)
    }

    @Test func aLongTransactionComesAsOne() throws {
        var writer = LogWriter(after: LogReader(Self.start), term: Self.ours)
        var reader = LogReader(Self.start)
        let payload = (0..<(LogEntry.mostBytes * 2 + 5)).map { UInt8(truncatingIfNeeded: $0) }
        let entries = write(&writer, payload)
        #expect(entries.count == 3)
        #expect(try reader.take(entries[0].number, entries[0].value) == nil)
        // Where the file is, nothing of it is, yet.
        #expect(reader.position.number == 0 && reader.number == 1)
        #expect(try reader.take(entries[1].number, entries[1].value) == nil)
        let step = try #require(try reader.take(entries[2].number, entries[2].value))
        #expect(step.changes == payload && step.position.number == 3)
    }

    @Test func whatAnotherTermLeftIncompleteNeverHappened() throws {
        var old = LogWriter(after: LogReader(Self.start), term: Self.theirs)
        var reader = LogReader(Self.start)
        let first = write(&old, [UInt8](repeating: 9, count: LogEntry.mostBytes + 1))[0]
        #expect(try reader.take(first.number, first.value) == nil)
        var new = LogWriter(after: reader, term: Self.ours)
        let term = LogTerm(
            member: "b", since: Timestamp(milliseconds: 1), nonce: Hexadecimal.text(Self.ours), schema: 11)
        let begins = write(&new, term.bytes, .begins)[0]
        #expect(begins.number == 2)
        let step = try #require(try reader.take(begins.number, begins.value))
        #expect(step.changes.isEmpty && step.position.leader == "b" && !step.position.hasEnded)
        let next = write(&new, [7])[0]
        #expect(try reader.take(next.number, next.value)?.changes == [7])
        let ends = write(&new, [], .ends)[0]
        #expect(try reader.take(ends.number, ends.value)?.position.hasEnded == true)
        #expect(reader.position.chain == new.position.chain)
    }

    @Test func entriesThatAreMissingAreNoticed() throws {
        var writer = LogWriter(after: LogReader(Self.start), term: Self.ours)
        let entries = (1...3).map { write(&writer, [$0])[0] }
        var reader = LogReader(Self.start)
        _ = try reader.take(entries[0].number, entries[0].value)
        #expect(throws: LogReader.Trouble.gap(after: 1, found: 3)) {
            try reader.take(entries[2].number, entries[2].value)
        }
        // What comes twice is taken once.
        #expect(try reader.take(entries[0].number, entries[0].value) == nil)
        #expect(try reader.take(entries[1].number, entries[1].value)?.changes == [2])
    }

    @Test func aFileThatDivergedIsNoticed() throws {
        var writer = LogWriter(after: LogReader(Self.start), term: Self.ours)
        _ = write(&writer, [1])
        let second = write(&writer, [2])[0]
        var reader = LogReader(
            JournalPosition(log: "l", number: 1, chain: [UInt8](repeating: 3, count: LogEntry.chainLength)))
        #expect(throws: LogReader.Trouble.diverged(number: 2)) { try reader.take(second.number, second.value) }
    }

    @Test(
        arguments: [
            [], Array("IMA".utf8), [UInt8](repeating: 0, count: 100),
            Array("IMA".utf8) + [9, 1, 0, 0, 0] + [UInt8](repeating: 0, count: 48),
            Array("IMA".utf8) + [1, 99, 0, 0, 0] + [UInt8](repeating: 0, count: 48),
            Array("IMA".utf8) + [1, 1, 2, 0, 0] + [UInt8](repeating: 0, count: 48),
        ] as [[UInt8]])
    func whatIsNoEntryIsRefused(_ value: [UInt8]) {
        var reader = LogReader(Self.start)
        #expect(throws: LogReader.Trouble.self) { try reader.take(1, value) }
        #expect(reader.number == 0)
    }

    @Test func versionsSayWhoMayNot() {
        #expect(LogFormat(log: "l", format: 1, schema: 11).refusal(schema: 11, format: 1) == nil)
        #expect(LogFormat(log: "l", format: 1, schema: 10).refusal(schema: 11, format: 1) == nil)
        #expect(LogFormat(log: "l", format: 1, schema: 12).refusal(schema: 11, format: 1)?.contains("upgrade") == true)
        #expect(LogFormat(log: "l", format: 2, schema: 11).refusal(schema: 11, format: 1)?.contains("upgrade") == true)
    }

    @Test func descriptionsSurviveTheirOwnText() throws {
        let term = LogTerm(
            member: "a \"1\"", since: Timestamp(milliseconds: 5), nonce: Hexadecimal.text(Self.ours), schema: 11)
        #expect(LogTerm(term.bytes) == term)
        let format = LogFormat(log: "abc", schema: 11)
        #expect(LogFormat(format.bytes) == format)
        let snapshot = LogSnapshot(
            id: "x", number: 5, chain: LogEntry.firstChain, bytes: 600_000, digest: String(repeating: "a", count: 64),
            schema: 11)
        #expect(LogSnapshot(snapshot.encoded, largest: 1 << 20) == snapshot && snapshot.parts == 2)
        #expect(LogSnapshot(snapshot.encoded, largest: 1 << 10) == nil)
        for nonsense in ["", "{}", "[]", "null", "{\"id\":1}"] {
            #expect(LogTerm(Array(nonsense.utf8)) == nil && LogFormat(Array(nonsense.utf8)) == nil)
        }
    }
}
