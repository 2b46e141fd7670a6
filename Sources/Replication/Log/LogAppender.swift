import Foundation
import Journal
import Retrying
import Synchronization

/// Appends a term's entries to the log in etcd, one after the other, each with the fence: only while the leader key is
/// this term's.
final class LogAppender: ChangeLog {
    struct NotAppended: Error, CustomStringConvertible {
        let description: String
    }

    private struct State {
        var writer: LogWriter
        var isGivenUp = false
        /// Since the last snapshot.
        var entries = 0
        var bytes = 0
        /// Since when etcd has said no to every entry, for want of the right.
        var deniedSince: BootInstant?
    }

    /// After so long of that the term is given up, so that an agent may lead that has the right.
    private static let patienceWithDenial = Duration.seconds(3)

    private let etcd: EtcdClient
    private let keys: LogKeys
    private let office: Office
    private let board: MemberBoard
    private let onRefusal: @Sendable (String) -> Void
    private let state: Mutex<State>
    /// Entries go one by one, whoever asks.
    private let turn = NSLock()
    private let threads = OwnThreads.Concurrent("log of several agents")

    /// - Parameter onRefusal: told where etcd says that the term is over
    init(
        _ etcd: EtcdClient, _ keys: LogKeys, _ writer: LogWriter, _ office: Office, _ board: MemberBoard,
        onRefusal: @escaping @Sendable (String) -> Void
    ) {
        self.etcd = etcd
        self.keys = keys
        self.office = office
        self.board = board
        self.onRefusal = onRefusal
        state = Mutex(State(writer: writer))
    }

    var isOpen: Bool { !office.isOver && !state.withLock { $0.isGivenUp } }

    func giveUp() { state.withLock { $0.isGivenUp = true } }

    /// How much is in the log since the last snapshot.
    var sinceSnapshot: (entries: Int, bytes: Int) { state.withLock { ($0.entries, $0.bytes) } }

    /// Entries of earlier terms, which no snapshot covers.
    func add(entriesBefore count: Int64) { state.withLock { $0.entries += Int(max(0, count)) } }

    func snapshotMade(_ covered: (entries: Int, bytes: Int)) {
        state.withLock { state in
            state.entries -= covered.entries
            state.bytes -= covered.bytes
        }
    }

    var position: JournalPosition { state.withLock { $0.writer.position } }

    func append(_ changes: [UInt8]) throws -> JournalPosition { try appendAndWait(.changes, changes) }

    func appendAndWait(_ kind: LogEntry.Kind, _ payload: [UInt8]) throws -> JournalPosition {
        let outcome = Mutex<Result<JournalPosition, any Error>?>(nil)
        let done = DispatchSemaphore(value: 0)
        turn.lock()
        defer { turn.unlock() }
        Task(executorPreference: threads) { [self] in
            let result: Result<JournalPosition, any Error>
            do { result = .success(try await put(kind, payload)) } catch { result = .failure(error) }
            outcome.withLock { $0 = result }
            done.signal()
        }
        done.wait()
        return try outcome.withLock { $0 ?? .failure(NotAppended(description: "nothing came of it")) }.get()
    }

    private func put(_ kind: LogEntry.Kind, _ payload: [UInt8]) async throws -> JournalPosition {
        let parts = LogWriter.parts(payload)
        for (index, part) in parts.enumerated() {
            let isLast = index == parts.count - 1
            let entry = state.withLock { $0.writer.next(kind, part, continues: !isLast) }
            try await put(entry, mayFail: index == 0)
            state.withLock { state in
                state.writer.appended(entry, isLast: isLast)
                state.entries += 1
                state.bytes += entry.value.count
                if isLast { state.writer.led(by: office.term.member, hasEnded: kind == .ends) }
            }
        }
        board.trouble(.append, nil)
        let position = position
        board.applied(position.number)
        return position
    }

    /// - Parameter mayFail: whether etcd's clear no is an end: nothing of the transaction is in the log yet
    private func put(_ entry: LogWriter.Entry, mayFail: Bool) async throws {
        let key = keys.entry(entry.number)
        let transaction = EtcdTransaction(
            compares: [
                .init(key: keys.leader, createRevision: office.revision), .init(key: key, createRevision: 0),
            ],
            operations: [.put(key, entry.value)],
            otherwise: [.get(EtcdRange(key)), .get(EtcdRange(keys.leader))])
        var (failures, mayBeThere) = (0, false)
        while true {
            guard isOpen else {
                throw NotAppended(description: office.ending.end.map { "\($0)" } ?? "the agent is stopping")
            }
            do {
                let answer = try await etcd.transaction(transaction, within: .seconds(2))
                state.withLock { $0.deniedSince = nil }
                if answer.hasSucceeded { return }
                // What was asked before, without an answer, may have been done.
                if answer.pages.first?.pairs.first?.value == entry.value { return }
                let isOurs = answer.pages.last?.pairs.first?.createRevision == office.revision
                let reason =
                    isOurs
                    ? "entry \(entry.number) of the log is somebody else's"
                    : "etcd refused an entry: another agent leads, or none"
                onRefusal(reason)
                throw NotAppended(description: reason)
            } catch let error as EtcdError {
                board.trouble(.append, "the log does not take entries: \(error)")
                if isDeniedForGood(error) {
                    let reason = "etcd does not let this agent write, and may let another: \(error)"
                    onRefusal(reason)
                    throw NotAppended(description: reason)
                }
                // The gateway may have handed it on even where it says no for a reason of its own.
                if error.isTransient { mayBeThere = true }
                if mayFail, !mayBeThere { throw error }
                try await Task.sleep(for: Backoff.etcd.delay(after: failures, fraction: .random(in: 0...1)))
                failures += 1
            }
        }
    }

    /// Whether the right to write was taken from this agent, which with a user of its own says nothing of the others.
    private func isDeniedForGood(_ error: EtcdError) -> Bool {
        guard error.kind == .denied else { return false }
        let now = BootClock.now()
        return state.withLock { state in
            let since = state.deniedSince ?? now
            state.deniedSince = since
            return now - since >= Self.patienceWithDenial
        }
    }
}
