/// Who leads, as one member knows it: when to campaign, what a lease is worth, when it is lost. A value without I/O.
///
/// What it asks for is performed beside it, and what came of that comes back as an input with the number of the attempt.
struct Election: Sendable {
    /// The leader key, as somebody read it.
    enum Key: Sendable, Hashable {
        case absent
        /// - Parameters:
        ///   - revision: at which it came to be
        ///   - nonce: of its value; nil where that cannot be read
        case held(revision: Int64, nonce: String?)
    }

    enum Input: Sendable, Hashable {
        case time
        /// Whether this member has what it takes: the log's end, and its version.
        case eligible(Bool)
        /// The key as of a revision of the store.
        case key(Key, at: Int64)
        case granted(Int, lease: Int64, ttl: Duration)
        case notGranted(Int)
        /// - Parameter revision: at which our key came to be
        case won(Int, revision: Int64)
        case beaten(Int)
        /// Nobody knows: it is asked again, and the nonce tells.
        case campaignUnanswered(Int)
        /// - Parameter ttl: nil where etcd has no such lease
        case renewed(Int, ttl: Duration?)
        case notRenewed(Int)
        /// A write to the log was refused, since the leader key is not ours.
        case refused(String)
        /// The owner ends the term. - Parameter yielding: whether somebody else is to lead
        case end(yielding: Bool)
    }

    enum Request: Sendable, Hashable {
        case grant(Int)
        case campaign(Int, lease: Int64)
        case keepAlive(Int, lease: Int64)
        case revoke(lease: Int64)
        /// The leader key is ours.
        case elected(lease: Int64, revision: Int64)
        /// Writes may begin until then.
        case open(until: BootInstant)
        /// The right to write is over for now; the lease may live.
        case suspended
        case lost(String)
    }

    private enum Role: Hashable {
        case following
        case asking(attempt: Int, sent: BootInstant)
        case campaigning(attempt: Int, lease: Int64, granted: BootInstant, ttl: Duration)
        case leading(Lead)
    }

    private struct Lead: Hashable {
        let lease: Int64
        let revision: Int64
        var ttl: Duration
        /// Keepalives that are on their way, and when each was sent.
        var sent: [Int: BootInstant] = [:]
        var lastSent: BootInstant
        var end: BootInstant
        var isSuspended = false
    }

    private let ttl: Duration
    private let margin: Duration
    private var role = Role.following
    private var attempts = 0
    private var isEligible = false
    private var key: Key?
    private var keyRevision: Int64 = 0
    private var retryAt: BootInstant?
    /// After having handed over.
    private var restUntil: BootInstant?

    /// - Parameters:
    ///   - ttl: how long a lease lives without being renewed
    ///   - margin: how long before that the right to write ends
    init(ttl: Duration, margin: Duration) {
        self.ttl = ttl
        self.margin = margin
    }

    var isLeading: Bool { if case .leading = role { true } else { false } }
    var isSuspended: Bool { if case .leading(let lead) = role { lead.isSuspended } else { false } }

    /// Four chances within a lease.
    private var renewal: Duration { ttl / 4 }

    /// When ``Input/time`` is wanted next.
    var due: BootInstant? {
        switch role {
        case .following:
            guard isEligible, key == .absent else { return nil }
            return max(retryAt ?? BootInstant(nanoseconds: 0), restUntil ?? BootInstant(nanoseconds: 0))
        case .asking, .campaigning: return nil
        case .leading(let lead):
            let next = lead.lastSent + renewal
            return lead.isSuspended ? next : min(next, lead.end)
        }
    }

    mutating func step(_ input: Input, at now: BootInstant) -> [Request] {
        switch input {
        case .time: break
        case .eligible(let isEligible): self.isEligible = isEligible
        case .key(let key, let revision): return take(key, at: revision, now)
        case .end(let yielding): return end(yielding: yielding, now)
        case .refused(let reason): return lose(reason, now)
        case .renewed(let attempt, let ttl): return take(renewal: attempt, ttl, now)
        case .notRenewed(let attempt):
            if case .leading(var lead) = role {
                lead.sent[attempt] = nil
                role = .leading(lead)
            }
        case .granted, .notGranted, .won, .beaten, .campaignUnanswered: return take(campaign: input, now)
        }
        return proceed(now)
    }

    // MARK: Following

    private mutating func take(_ key: Key, at revision: Int64, _ now: BootInstant) -> [Request] {
        guard revision >= keyRevision else { return [] }
        (self.key, keyRevision) = (key, revision)
        if case .leading(let lead) = role {
            guard revision >= lead.revision else { return [] }
            if case .held(lead.revision, _) = key { return proceed(now) }
            return lose(key == .absent ? "the leader key is gone" : "another agent leads", now)
        }
        if case .held = key { restUntil = nil }
        return proceed(now)
    }

    private mutating func proceed(_ now: BootInstant) -> [Request] {
        switch role {
        case .following:
            guard isEligible, key == .absent, now >= retryAt ?? now, now >= restUntil ?? now else { return [] }
            attempts += 1
            role = .asking(attempt: attempts, sent: now)
            return [.grant(attempts)]
        case .asking, .campaigning: return []
        case .leading(var lead):
            var requests: [Request] = []
            if now >= lead.lastSent + renewal {
                attempts += 1
                lead.sent[attempts] = now
                lead.lastSent = now
                // What was not answered for so long is worth nothing any more.
                lead.sent = lead.sent.filter { now < $0.value + lead.ttl }
                requests.append(.keepAlive(attempts, lease: lead.lease))
            }
            if !lead.isSuspended, now >= lead.end {
                lead.isSuspended = true
                requests.append(.suspended)
            }
            role = .leading(lead)
            return requests
        }
    }

    // MARK: Campaigning

    private mutating func take(campaign input: Input, _ now: BootInstant) -> [Request] {
        switch (role, input) {
        case (.asking(let attempt, let sent), .granted(let answered, let lease, let ttl)) where answered == attempt:
            attempts += 1
            role = .campaigning(attempt: attempts, lease: lease, granted: sent, ttl: min(ttl, self.ttl))
            return [.campaign(attempts, lease: lease)]
        case (.asking(let attempt, _), .notGranted(let answered)) where answered == attempt:
            return backOff(now)
        case (_, .granted(_, let lease, _)):
            return [.revoke(lease: lease)]
        case (.campaigning(let attempt, let lease, let granted, let ttl), .won(let answered, let revision))
        where answered == attempt:
            let end = granted + (ttl - margin)
            role = .leading(
                Lead(lease: lease, revision: revision, ttl: ttl, lastSent: granted, end: end))
            (key, keyRevision) = (.held(revision: revision, nonce: nil), max(keyRevision, revision))
            return [.elected(lease: lease, revision: revision), .open(until: end)] + proceed(now)
        case (.campaigning(let attempt, let lease, _, _), .beaten(let answered)) where answered == attempt:
            // Somebody holds it; who, the watch says.
            key = nil
            return [.revoke(lease: lease)] + backOff(now)
        case (.campaigning(let attempt, let lease, let granted, let ttl), .campaignUnanswered(let answered))
        where answered == attempt:
            guard now < granted + ttl else {
                key = nil
                return [.revoke(lease: lease)] + backOff(now)
            }
            attempts += 1
            role = .campaigning(attempt: attempts, lease: lease, granted: granted, ttl: ttl)
            return [.campaign(attempts, lease: lease)]
        default:
            return []
        }
    }

    private mutating func backOff(_ now: BootInstant) -> [Request] {
        role = .following
        retryAt = now + ttl / 10
        return []
    }

    // MARK: Leading

    private mutating func take(renewal attempt: Int, _ left: Duration?, _ now: BootInstant) -> [Request] {
        guard case .leading(var lead) = role, let sent = lead.sent.removeValue(forKey: attempt) else {
            return proceed(now)
        }
        guard let left else { return lose("etcd says that the lease has ended", now) }
        // From before it was sent: etcd counted from a later moment. Never more than was asked for.
        let end = sent + (min(left, ttl) - margin)
        if end > lead.end {
            lead.end = end
            lead.isSuspended = lead.isSuspended && now >= end
            role = .leading(lead)
            return [.open(until: end)] + proceed(now)
        }
        role = .leading(lead)
        return proceed(now)
    }

    private mutating func lose(_ reason: String, _ now: BootInstant) -> [Request] {
        guard case .leading(let lead) = role else { return proceed(now) }
        role = .following
        retryAt = now + ttl / 10
        // Where it lives although the key is gone, nobody shall wait for it.
        return [.lost(reason), .revoke(lease: lead.lease)]
    }

    private mutating func end(yielding: Bool, _ now: BootInstant) -> [Request] {
        if yielding { restUntil = now + ttl * 3 }
        defer {
            role = .following
            key = nil
        }
        return switch role {
        // A lease that is yet to come is given back when it comes.
        case .following, .asking: []
        // Without its lease, a campaign that is still on its way comes to nothing.
        case .campaigning(_, let lease, _, _): [.revoke(lease: lease)]
        case .leading(let lead): [.revoke(lease: lead.lease)]
        }
    }
}
