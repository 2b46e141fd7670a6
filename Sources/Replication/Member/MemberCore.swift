import Foundation
import Journal
import Logging
import OpenSSL
import PowerEvents
import Retrying

/// Performs what ``Election`` asks for, and owns the journal's file.
actor MemberCore {
    let settings: ReplicationSettings
    let path: String
    let now: @Sendable () -> Timestamp
    let logger: Logger
    let etcd: EtcdClient
    let keys: LogKeys
    nonisolated let board: MemberBoard
    let counter: SiteCounter
    private let threads = OwnThreads.Serial("lease of several agents")
    /// For what this actor asks etcd.
    let errands = OwnThreads.Concurrent("etcd")

    private var election: Election
    private var alarm: Task<Void, Never>?
    private var background: [Task<Void, Never>] = []
    /// While elected, until the owner has ended it.
    private(set) var office: Office?
    private var waiting: CheckedContinuation<Office?, Never>?
    private var nonce = ""
    var watching: Task<Void, any Error>?
    /// What an entry found out about this member's file.
    var divergence: JournalDivergence?
    /// Looks at which the file was behind a log that did not come.
    private var looksBehind = 0
    private var isShutDown = false

    nonisolated var unownedExecutor: UnownedSerialExecutor { threads.asUnownedSerialExecutor() }

    init(
        _ settings: ReplicationSettings, journal path: String, now: @escaping @Sendable () -> Timestamp,
        logger: Logger
    ) throws {
        let endpoints = try settings.checkedEndpoints()
        let journal = try JournalDatabase(path: path)
        journal.follow()
        self.settings = settings
        self.path = path
        self.now = now
        self.logger = logger
        etcd = EtcdClient(endpoints, tls: settings.tls, login: settings.login, prefix: settings.prefix)
        keys = LogKeys(settings)
        board = MemberBoard(journal)
        counter = SiteCounter(etcd, keys, shard: settings.shard, logger: logger)
        board.restart(at: try journal.position?.number ?? 0)
        election = Election(ttl: settings.ttl, margin: settings.margin)
    }

    nonisolated var journal: JournalDatabase { board.journal }
    nonisolated var status: ReplicationStatus {
        var status = board.status(etcd.members)
        (status.counts, status.countsTrouble) = (counter.counts, counter.trouble)
        return status
    }

    // MARK: Leading

    func lead() async throws -> LeaderTerm {
        guard !isShutDown else { throw CancellationError() }
        guard office == nil else { throw ReplicationError("the last term was not ended") }
        startBackground()
        while true {
            try Task.checkCancellation()
            let following = Task(executorPreference: errands) { await self.follow() }
            let office = await elected()
            following.cancel()
            await following.value
            guard let office else {
                await giveBack(yielding: false)
                throw CancellationError()
            }
            do {
                return try await takeOffice(office)
            } catch {
                board.trouble(.log, "this agent was elected and cannot lead: \(error)")
                logger.warning("elected, and cannot lead", metadata: ["reason": "\(error)"])
                office.finish(.lost("\(error)"))
                await giveBack(yielding: false)
                try await Task.sleep(for: settings.ttl / 4)
            }
        }
    }

    /// - Returns: nil where the task is cancelled first
    private func elected() async -> Office? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if Task.isCancelled { return continuation.resume(returning: nil) }
                if let office { return continuation.resume(returning: office) }
                waiting = continuation
            }
        } onCancel: {
            Task { await self.wait(nil) }
        }
    }

    private func wait(_ office: Office?) {
        waiting?.resume(returning: office)
        waiting = nil
    }

    /// Revokes the lease, and follows again.
    func giveBack(yielding: Bool) async {
        office = nil
        let requests = election.step(.end(yielding: yielding), at: BootClock.now())
        board.role = .follower
        board.leader = nil
        arm()
        // Whoever stops waits until nobody has to wait for the lease.
        for case .revoke(let lease) in requests { try? await etcd.revoke(lease, within: .seconds(2)) }
    }

    func end(_ term: LeaderTerm, yielding: Bool) async {
        guard let office, office.ending === term.ending else { return }
        let wasLost = office.isOver
        office.fence.close()
        if !wasLost, let appender = term.appender {
            // In its own time: where etcd is away, the lease ends by itself.
            let ending = Task(executorPreference: errands) {
                try? await Blocking.run { _ = try appender.appendAndWait(.ends, []) }
            }
            let limit = Task(executorPreference: errands) {
                try? await Task.sleep(for: .seconds(2))
                appender.giveUp()
            }
            await ending.value
            limit.cancel()
        }
        office.finish(.ended)
        term.appender?.giveUp()
        for task in term.tasks { task.cancel() }
        try? term.journal.close()
        reopen()
        await giveBack(yielding: yielding)
        logger.notice("leads no more", metadata: ["yielding": "\(yielding)", "lost": "\(wasLost)"])
    }

    /// The file after something closed it.
    func reopen() {
        do {
            let journal = try JournalDatabase(path: path)
            journal.follow()
            board.journal = journal
            board.restart(at: try journal.position?.number ?? 0)
        } catch {
            board.trouble(.log, "\(error)")
            logger.error("the journal cannot be opened again", metadata: ["reason": "\(error)"])
        }
    }

    func shutDown() async {
        isShutDown = true
        wait(nil)
        alarm?.cancel()
        for task in background { task.cancel() }
        background = []
        office?.finish(.ended)
        etcd.shutDown()
        try? board.journal.close()
    }

    // MARK: Performing

    /// The one way into ``Election``.
    func step(_ input: Election.Input) {
        for request in election.step(input, at: BootClock.now()) { perform(request) }
        arm()
    }

    private func arm() {
        alarm?.cancel()
        guard !isShutDown, let due = election.due else { return }
        let wait = max(.zero, due - BootClock.now())
        alarm = Task(executorPreference: errands) {
            do { try await Task.sleep(for: wait) } catch { return }
            await self.step(.time)
        }
    }

    private func perform(_ request: Election.Request) {
        switch request {
        case .grant(let attempt):
            errand { [etcd, ttl = settings.ttl] in
                do {
                    let lease = try await etcd.grant(ttl, within: ttl)
                    return .granted(attempt, lease: lease.id, ttl: lease.ttl)
                } catch {
                    self.board.trouble(.lease, "no lease: \(error)")
                    return .notGranted(attempt)
                }
            }
        case .campaign(let attempt, let lease): campaign(attempt, lease)
        case .keepAlive(let attempt, let lease):
            errand { [etcd, board, ttl = settings.ttl] in
                do {
                    let left = try await etcd.keepAlive(lease, within: ttl / 2)
                    board.trouble(.lease, nil)
                    return .renewed(attempt, ttl: left)
                } catch {
                    board.trouble(.lease, "the lease is not renewed: \(error)")
                    return .notRenewed(attempt)
                }
            }
        case .revoke(let lease):
            Task(executorPreference: errands) { [etcd] in try? await etcd.revoke(lease, within: .seconds(2)) }
        case .elected(let lease, let revision):
            let term = LogTerm(
                member: settings.member, since: now(), nonce: nonce, schema: JournalDatabase.schema)
            let office = Office(lease: lease, revision: revision, term: term)
            self.office = office
            board.leader = term
            board.role = .leader
            wait(office)
        case .open(let time):
            office?.open(until: time)
            if office != nil { board.role = .leader }
        case .suspended:
            board.role = .suspended
            logger.warning("etcd does not answer, so nothing is written until it does")
        case .lost(let reason):
            board.role = .follower
            office?.finish(.lost(reason))
            logger.warning("the lease is lost", metadata: ["reason": "\(reason)"])
        }
    }

    private func errand(_ body: @escaping @Sendable () async -> Election.Input) {
        Task(executorPreference: errands) { await self.step(await body()) }
    }

    private func campaign(_ attempt: Int, _ lease: Int64) {
        // One for all tries with this lease: an answer that was lost is known again.
        if campaignLease != lease {
            campaignLease = lease
            nonce = (try? Hexadecimal.text(RandomBytes.draw(LogEntry.termLength))) ?? ""
        }
        let term = LogTerm(member: settings.member, since: now(), nonce: nonce, schema: JournalDatabase.schema)
        let key = EtcdRange(keys.leader)
        let transaction = EtcdTransaction(
            compares: [.init(key: keys.leader, createRevision: 0)],
            operations: [.put(keys.leader, term.bytes, lease: lease)], otherwise: [.get(key)])
        errand { [etcd, ttl = settings.ttl] in
            guard !term.nonce.isEmpty else { return .beaten(attempt) }
            do {
                let answer = try await etcd.transaction(transaction, within: ttl / 2)
                if answer.hasSucceeded { return .won(attempt, revision: answer.revision) }
                guard let found = answer.pages.first?.pairs.first, LogTerm(found.value)?.nonce == term.nonce else {
                    return .beaten(attempt)
                }
                return .won(attempt, revision: found.createRevision)
            } catch let error as EtcdError where !error.isTransient {
                self.board.trouble(.lease, "etcd refuses the leader key: \(error)")
                return .beaten(attempt)
            } catch {
                return .campaignUnanswered(attempt)
            }
        }
    }
    private var campaignLease: Int64 = 0

    // MARK: Looking

    private func startBackground() {
        guard background.isEmpty else { return }
        let period = min(max(settings.ttl / 2, .milliseconds(250)), .seconds(2))
        background = [
            Task(executorPreference: errands) { [weak self] in
                while !Task.isCancelled {
                    await self?.look(within: period)
                    try? await Task.sleep(for: period)
                }
            },
            Task(executorPreference: errands) { [weak self, etcd] in
                while !Task.isCancelled, self != nil {
                    await etcd.lookAtMembers()
                    try? await Task.sleep(for: .seconds(5))
                }
            },
        ]
    }

    /// What the watch tells sooner, asked for: a watch can fall silent.
    private func look(within time: Duration) async {
        do {
            let leader = try await etcd.range(EtcdRange(keys.leader), within: time)
            saw(leader.pairs.first, at: leader.revision)
            try await counter.look(within: time)
            if office == nil {
                // What only a leader has trouble with.
                for part in [MemberBoard.Part.append, .lease, .snapshot] { board.trouble(part, nil) }
                let last = try await etcd.range(keys.entries, limit: 1, keysOnly: true, last: true, within: time)
                let hasIt = last.pairs.first.flatMap { keys.number($0.key) }.map { board.knows($0) } ?? true
                looksBehind = hasIt ? 0 : looksBehind + 1
                if looksBehind >= 3 {
                    looksBehind = 0
                    watching?.cancel()
                }
            }
            board.trouble(.looking, nil)
        } catch {
            let isAnswer = (error as? EtcdError).map { !$0.isTransient } ?? false
            board.trouble(.looking, "etcd \(isAnswer ? "refuses" : "does not answer"): \(error)")
        }
    }

    /// The leader key as of a revision.
    func saw(_ pair: EtcdKeyValue?, at revision: Int64) {
        let term = pair.flatMap { LogTerm($0.value) }
        if office == nil || office?.isOver == true {
            if board.leader?.nonce != term?.nonce, let term {
                logger.notice("another agent leads", metadata: ["leader": "\(term.member)"])
            }
            board.leader = term
        }
        step(.key(pair.map { .held(revision: $0.createRevision, nonce: term?.nonce) } ?? .absent, at: revision))
    }
}
