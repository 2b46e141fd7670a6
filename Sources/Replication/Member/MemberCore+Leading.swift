import Foundation
import Journal
import Logging
import OpenSSL
import PowerEvents

/// Taking office, and what belongs to it.
extension MemberCore {
    /// Takes in the log's end and begins a term. What an earlier leader still had on its way was refused by etcd from the
    /// moment on at which the leader key was another one.
    func takeOffice(_ office: Office) async throws -> LeaderTerm {
        let store = SnapshotStore(etcd: etcd, keys: keys, bounds: settings.bounds)
        var reader: LogReader
        var format: LogFormat
        if let found = try await readFormat() {
            format = found
            reader = try await join(found)
            _ = try await catchUp(&reader)
        } else {
            (format, reader) = try await beginLog(office, store)
        }
        let former = reader.position
        let journal = board.journal
        guard let nonce = Hexadecimal.bytes(office.term.nonce) else { throw ReplicationError("there is no nonce") }
        let onRefusal: @Sendable (String) -> Void = { reason in Task { await self.step(.refused(reason)) } }
        let appender = LogAppender(
            etcd, keys, LogWriter(after: reader, term: nonce), office, board, onRefusal: onRefusal)
        let position = try await Blocking.run { try appender.appendAndWait(.begins, office.term.bytes) }
        try await Blocking.run { try journal.setPosition(position) }
        if format.schema < JournalDatabase.schema || format.format < Int(LogEntry.format) {
            format.schema = max(format.schema, JournalDatabase.schema)
            format.format = max(format.format, Int(LogEntry.format))
            try await store.fenced(office.revision, [], [.put(keys.format, format.bytes)])
        }
        try await counter.look(within: .seconds(3))
        if office.isOver { throw ReplicationError("the lease was lost meanwhile") }
        journal.lead(appender)
        board.trouble(.log, nil)
        let (calls, desk) = AsyncStream<(ForwardedCall, reply: LeaderTerm.Reply)>.makeStream(
            bufferingPolicy: .bufferingOldest(CallDesk.most))
        let callDesk = CallDesk(etcd: etcd, keys: keys, leader: office.revision, calls: desk)
        let tasks = [
            Task(executorPreference: errands) { await self.attend(office, callDesk) },
            Task(executorPreference: errands) { await self.keepShort(office, appender, store) },
        ]
        let followsAnEnd = former.leader == nil || former.hasEnded
        logger.notice(
            "leads", metadata: ["entry": "\(position.number)", "after": "\(former.leader ?? "nobody")"])
        return LeaderTerm(
            journal: journal, fence: office.fence, since: office.term.since,
            takesOverFrom: followsAnEnd || former.leader == settings.member ? nil : former.leader,
            followsAnEnd: followsAnEnd, deadlines: office.deadlines, calls: calls,
            claims: SiteClaims(counter, office, onRefusal: onRefusal),
            ending: office.ending, appender: appender, tasks: tasks)
    }

    /// Makes this member's file the first snapshot of a new log.
    private func beginLog(_ office: Office, _ store: SnapshotStore) async throws -> (LogFormat, LogReader) {
        try checkMayBegin()
        guard try await etcd.range(keys.entries, limit: 1, keysOnly: true, within: .seconds(3)).pairs.isEmpty else {
            throw ReplicationError("\(keys.format): etcd has entries of a log and no description of it")
        }
        let log = Hexadecimal.text(try RandomBytes.draw(16))
        let position = JournalPosition(log: log, number: 0, chain: LogEntry.firstChain)
        let journal = board.journal
        try await Blocking.run { try journal.setPosition(position) }
        let format = LogFormat(log: log, schema: JournalDatabase.schema)
        _ = try await store.put(
            path, leader: office.revision, also: [.init(key: keys.format, createRevision: 0)],
            [.put(keys.format, format.bytes)])
        board.restart(at: 0)
        logger.notice("a new log begins with this agent's journal", metadata: ["log": "\(log)"])
        return (format, LogReader(position))
    }

    /// Watches the leader key and what standbys are asked, until the term is over.
    private func attend(_ office: Office, _ desk: CallDesk) async {
        var failures = 0
        while !office.isOver, !Task.isCancelled {
            do {
                let waiting = try await etcd.range(keys.calls, limit: CallDesk.most, within: .seconds(3))
                for pair in waiting.pairs { await desk.take(pair) }
                failures = 0
                let range = EtcdRange(from: keys.calls.first, to: keys.leader + "\0")
                try await etcd.watch(range, from: waiting.revision + 1) { [keys] news in
                    for event in news.events {
                        switch event {
                        case .put(let pair) where pair.key == keys.leader: await self.saw(pair, at: pair.modRevision)
                        case .delete(let key) where key == keys.leader: await self.saw(nil, at: news.revision)
                        case .put(let pair) where keys.isCall(pair.key): await desk.take(pair)
                        default: break
                        }
                    }
                }
            } catch {
                if Task.isCancelled { break }
                try? await Task.sleep(for: .milliseconds(100 * min(10, failures + 1)))
                failures += 1
            }
        }
        desk.finish()
    }

    /// Makes a snapshot wherever the log has become long.
    private func keepShort(_ office: Office, _ appender: LogAppender, _ store: SnapshotStore) async {
        // An earlier leader may have died over one.
        if let last = try? await store.description() {
            appender.add(entriesBefore: appender.position.number - last.number)
            try? await store.shorten(last, leader: office.revision)
        }
        while !office.isOver, !Task.isCancelled {
            let covered = appender.sinceSnapshot
            guard
                covered.entries >= settings.bounds.entriesPerSnapshot
                    || covered.bytes >= settings.bounds.bytesPerSnapshot
            else {
                try? await Task.sleep(for: .milliseconds(200))
                continue
            }
            do {
                let snapshot = try await store.put(path, leader: office.revision)
                appender.snapshotMade(covered)
                if board.trouble(.snapshot, nil) {
                    logger.info("a snapshot of the log is made", metadata: ["number": "\(snapshot.number)"])
                }
            } catch {
                if office.isOver || Task.isCancelled { return }
                if board.trouble(.snapshot, "\(error)") {
                    logger.warning("no snapshot of the log", metadata: ["reason": "\(error)"])
                }
                try? await Task.sleep(for: .seconds(30))
            }
        }
    }

    // MARK: Asking the leader

    func ask(leader call: ForwardedCall, within limit: Duration) async throws -> ForwardedAnswer {
        guard office == nil else { throw ReplicationError("this agent leads itself") }
        guard let leader = board.leader else {
            throw ReplicationError("no agent of \(settings.site) leads at the moment")
        }
        do {
            return try await CallDesk.ask(call, from: settings.member, etcd, keys, within: limit)
        } catch is CallDesk.NoAnswer {
            throw ReplicationError("\(leader.member) leads and did not answer within \(limit)")
        } catch let error as EtcdError {
            throw ReplicationError("the leader cannot be asked: \(error)")
        }
    }
}
