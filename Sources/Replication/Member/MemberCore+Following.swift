import Foundation
import Journal
import Logging
import PowerEvents
import Retrying

/// Following the log.
extension MemberCore {
    /// Until it is cancelled.
    func follow() async {
        var failures = 0
        while !Task.isCancelled {
            do {
                try await followOnce { failures = 0 }
            } catch {
                step(.eligible(false))
                if Task.isCancelled { break }
                if let found = error as? JournalDivergence { divergence = found }
                if !(error is CancellationError) {
                    if board.trouble(.log, "\(error)") {
                        logger.warning("the log is not followed", metadata: ["reason": "\(error)"])
                    }
                    try? await Task.sleep(for: Backoff.etcd.delay(after: failures, fraction: .random(in: 0...1)))
                    failures += 1
                }
            }
        }
        step(.eligible(false))
    }

    private func followOnce(_ onSuccess: () -> Void) async throws {
        guard let format = try await readFormat() else { return try await awaitLog() }
        var reader = try await join(format)
        let revision = try await catchUp(&reader)
        board.trouble(.log, nil)
        onSuccess()
        step(.eligible(true))
        let news = AsyncThrowingStream<EtcdWatchNews, any Error>.makeStream()
        // Cancelled by whoever sees that the log goes on without news of it.
        let watching = Task(executorPreference: errands) { [etcd, keys] in
            do {
                try await etcd.watch(keys.watched, from: revision + 1) { news.continuation.yield($0) }
            } catch {
                news.continuation.finish(throwing: error)
                throw error
            }
        }
        self.watching = watching
        defer { watching.cancel() }
        for try await one in news.stream {
            try await take(one, &reader)
            try Task.checkCancellation()
        }
        throw CancellationError()
    }

    /// - Returns: nil where there is no log
    func readFormat() async throws -> LogFormat? {
        let page = try await etcd.range(EtcdRange(keys.format), within: .seconds(3))
        guard let pair = page.pairs.first else { return nil }
        guard let format = LogFormat(pair.value) else {
            throw ReplicationError("\(keys.format): etcd holds no description of a log that can be read")
        }
        if let refusal = format.refusal(schema: JournalDatabase.schema) { throw ReplicationError(refusal) }
        return format
    }

    /// There is no log. Whoever leads first makes one of its file.
    private func awaitLog() async throws {
        try checkMayBegin()
        step(.eligible(true))
        board.trouble(.log, nil)
        while try await etcd.range(EtcdRange(keys.format), within: .seconds(3)).pairs.isEmpty {
            try await Task.sleep(for: min(settings.ttl / 4, .milliseconds(500)))
        }
    }

    func checkMayBegin() throws {
        // At 0, it was about to begin one itself.
        guard let position = try board.journal.position, position.number > 0, !settings.mayBeginAnew else { return }
        throw ReplicationError(
            """
            etcd has no log, and \(path) holds entries 1 to \(position.number) of one: etcd's data are lost. Restore them, \
            or have the agent with the latest journal begin a new log
            """)
    }

    /// Makes the file one that the log goes on from.
    func join(_ format: LogFormat) async throws -> LogReader {
        let journal = board.journal
        if let divergence {
            let reader = try await replaceFile(format, setAside: divergence.reason)
            self.divergence = nil
            return reader
        }
        guard let position = try journal.position else {
            return try await replaceFile(
                format, setAside: try journal.isBlank ? nil : "it was written without the log of \(settings.site)")
        }
        guard position.log == format.log else {
            return try await replaceFile(format, setAside: "it belongs to another log than that of \(settings.site)")
        }
        if position.number == 0 {
            let first = try await etcd.range(keys.entries, limit: 1, keysOnly: true, within: .seconds(3)).pairs.first
            guard let first, first.key > keys.entry(1) else { return LogReader(position) }
            return try await replaceFile(format, setAside: nil)
        }
        let page = try await etcd.range(EtcdRange(keys.entry(position.number)), within: .seconds(3))
        if let pair = page.pairs.first {
            let theirs = try? LogEntry.decode(pair.value).chain
            if theirs == position.chain { return LogReader(position) }
            return try await replaceFile(format, setAside: "it diverged from the log by entry \(position.number)")
        }
        let snapshot = try await SnapshotStore(etcd: etcd, keys: keys, bounds: settings.bounds).description()
        if let snapshot, snapshot.number == position.number, snapshot.chain == position.chain {
            return LogReader(position)
        }
        if let snapshot, snapshot.number > position.number {
            // What it holds was removed from the log, so nobody can say whether it is the same.
            return try await replaceFile(format, setAside: nil)
        }
        return try await replaceFile(format, setAside: "it is ahead of the log, with entry \(position.number)")
    }

    /// Applies what is there. - Returns: the store's revision by which that is everything
    func catchUp(_ reader: inout LogReader) async throws -> Int64 {
        let journal = board.journal
        var pages = EtcdPages(etcd, keys.entries(from: reader.number + 1), within: .seconds(10))
        while let pairs = try await pages.next() {
            var steps: [JournalStep] = []
            for pair in pairs {
                guard let number = keys.number(pair.key) else { continue }
                if let step = try reader.take(number, pair.value) { steps.append(step) }
            }
            let ready = steps
            if !ready.isEmpty { try await Blocking.run { try journal.apply(ready) } }
            board.applied(reader.position.number)
        }
        return pages.revision
    }

    private func take(_ news: EtcdWatchNews, _ reader: inout LogReader) async throws {
        var steps: [JournalStep] = []
        for event in news.events {
            switch event {
            case .put(let pair) where pair.key == keys.leader: saw(pair, at: pair.modRevision)
            case .put(let pair) where pair.key == keys.format:
                if let refusal = LogFormat(pair.value)?.refusal(schema: JournalDatabase.schema) {
                    throw ReplicationError(refusal)
                }
            case .put(let pair):
                if let number = keys.number(pair.key), let step = try reader.take(number, pair.value) {
                    steps.append(step)
                }
            case .delete(let key) where key == keys.leader: saw(nil, at: news.revision)
            case .delete(let key) where key == keys.format: throw ReplicationError("the log was removed from etcd")
            case .delete: break
            }
        }
        guard !steps.isEmpty else { return }
        let (journal, ready) = (board.journal, steps)
        try await Blocking.run { try journal.apply(ready) }
        board.applied(reader.position.number)
    }

    // MARK: Another file

    /// What was set aside before is not overwritten.
    private func freeSuffix(_ suffix: String) -> String {
        let others = (2...100).lazy.map { "\(suffix)-\($0)" }
        return ([suffix] + others).first { !FileManager.default.fileExists(atPath: path + $0) } ?? suffix
    }

    /// Puts the log's snapshot in the place of this member's file.
    ///
    /// - Parameter reason: why the file is kept beside it, and told; nil where it only was of long ago, or blank
    private func replaceFile(_ format: LogFormat, setAside reason: String?) async throws -> LogReader {
        let store = SnapshotStore(etcd: etcd, keys: keys, bounds: settings.bounds)
        guard let snapshot = try await store.description() else {
            throw ReplicationError("\(keys.snapshot): etcd has a log and no snapshot of its beginning")
        }
        let versions = LogFormat(log: format.log, format: snapshot.format, schema: snapshot.schema)
        if let refusal = versions.refusal(schema: JournalDatabase.schema) { throw ReplicationError(refusal) }
        let incoming = path + ".incoming"
        try await store.get(snapshot, of: format.log, to: incoming)
        let old = path + (reason == nil ? ".former" : freeSuffix(".diverged-\(now().milliseconds / 1000)"))
        try board.journal.close()
        defer { reopen() }
        if reason == nil { JournalFiles.remove(old) }
        try JournalFiles.move(path, to: old)
        try JournalFiles.move(incoming, to: path)
        JournalFiles.sync(path)
        if let reason {
            logger.error(
                "the journal is set aside, and the log's taken in its place",
                metadata: ["file": "\(old)", "reason": "\(reason)"])
        } else {
            logger.notice("the journal is loaded from the log's snapshot", metadata: ["number": "\(snapshot.number)"])
        }
        let journal = try JournalDatabase(reading: path)
        defer { try? journal.close() }
        guard let position = try journal.position else { throw ReplicationError("\(path) is in no log") }
        return LogReader(position)
    }
}
