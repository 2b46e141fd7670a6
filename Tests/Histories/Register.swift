import PowerEvents
import Shedding

/// One limit as a BMC holds it, with the BMC's own record of who changed it and when.
struct Register: Sendable {
    enum Author: Sendable, Hashable { case firmware, agent, person, otherAgent }

    struct Change: Sendable, Hashable {
        let at: Timestamp
        let author: Author
        let from: Int?
        let to: Int?
    }

    /// What the agent owes it since its first write of a hold: what was there before.
    struct Owed: Sendable, Hashable {
        /// What the agent was shown before its first write; more than one where it cannot be told which was the first.
        var priors: Set<Int?>
        /// Whether a write of the hold has taken.
        var hasTaken = false
        /// Whether no open breach has asked for it since.
        var isLetGo = false
        var attempts = 0
        /// Whether it is not known to be a new hold.
        var mayGoOn = false
        /// Whose only write came too late (412): it begins anew with its next look.
        var overtaken: RunID?
        /// Where it was when the prior was shown.
        let dialect: Dialect
        /// Whether its machine's identity was told then.
        let isIdentified: Bool
        /// Everything that the agent has sent.
        var sent: Set<Int> = []
        /// Whether the agent was shown its own value.
        var isSeenHeld = false
        var reassertions = 0
        /// What somebody else has set while it was held, and the run that was shown it first.
        var leftAlone: LeftAlone?
        /// Whether a process died over a write, so that what the BMC made of it nobody knows.
        var isUnknown = false
        /// The process whose every write was refused, and whether it was shown afterwards that none had taken.
        var refused: Refusal?
        /// Whether the agent has switched the machine's power since.
        var isPowerCycled = false
    }

    struct LeftAlone: Sendable, Hashable {
        let watts: Int?
        let run: RunID
    }

    struct Refusal: Sendable, Hashable {
        let life: Int
        var isSeen = false
    }

    /// How a BMC spells a limit; a firmware update may change it.
    enum Dialect: String, Sendable, Hashable { case setPoint = "SetPoint", limitInWatts = "LimitInWatts" }

    /// A limit that the agent was shown to stand as open breaches ask for, so that it wrote nothing.
    struct Standing: Sendable, Hashable {
        let watts: Int
        /// The breaches for which the agent has to know that it holds it.
        var holders: Set<UUIDText>
        /// Whether the agent was about to switch the machine off then, or has since.
        var isGoing = false
    }

    let id: String
    var path: String
    var dialect = Dialect.setPoint
    private(set) var watts: Int?
    private(set) var author = Author.firmware
    /// Its ETag.
    private(set) var version = 0
    private(set) var record: [Change] = []
    /// What reads still show, and until when.
    var stale: (watts: Int?, until: Timestamp)?
    var owed: Owed?
    /// What a process was shown when it recorded that it would write. The next one cannot know whether it has.
    struct Promise: Sendable, Hashable {
        let watts: Int?
        let life: Int
    }
    var promised: Promise?
    var standing: Standing?
    /// What the agent put back last, as long as it has not forgotten that it owed it.
    var closing: Int??
    /// What the agent put back last.
    var lastPrior: Int??
    /// Whether the agent has written and not looked since. What somebody else writes just then cannot be told from what
    /// the BMC made of the agent's write.
    var isUnread = false
    /// Who wrote it last, of the agent's processes.
    struct Writer: Sendable, Hashable {
        let life: Int
        let run: RunID
    }
    var writer: Writer?
    private(set) var isTakenForOurs = false
    /// What was there before a write that was accepted and of which nothing was shown yet. What comes meanwhile, the BMC may
    /// have made of it.
    var awaited: Int??
    /// Whether the agent has ever written to it.
    var isWritten = false

    init(id: String, watts: Int?) {
        self.id = id
        self.watts = watts
        path = "/\(id)"
    }

    mutating func set(_ watts: Int?, by author: Author, at now: Timestamp, lags: Bool = false) {
        record.append(Change(at: now, author: author, from: self.watts, to: watts))
        stale = lags ? (self.watts, now + .seconds(3)) : nil
        let isAsBefore = isTakenForOurs && watts == self.watts
        isTakenForOurs = author != .agent && (isUnread || awaited != nil || isAsBefore)
        version += 1
        // A write that makes no difference takes nothing over from who has set it.
        if author == .agent, watts == self.watts, self.author == .person || self.author == .otherAgent { return }
        self.watts = watts
        self.author = author
    }

    /// It goes with the power that the agent has switched. What the agent holds, or knows to stand as asked for, it owes.
    mutating func goWithPower(at now: Timestamp) {
        if let standing, standing.isGoing, standing.watts == watts, owe(standing) {
            return set(nil, by: .agent, at: now)
        }
        set(nil, by: author == .agent && owed != nil ? .agent : .firmware, at: now)
    }

    /// It has gone with the power while the agent's look at it was on its way back.
    mutating func hasGoneMeanwhile(_ standing: Standing) {
        if watts == nil, owe(standing) { author = .agent }
    }

    /// - Returns: whether what stands is owed from now on
    private mutating func owe(_ standing: Standing) -> Bool {
        guard owed == nil, !standing.holders.isEmpty else {
            owed?.priors.insert(standing.watts)
            return false
        }
        owed = Owed(priors: [standing.watts], dialect: dialect, isIdentified: false)
        owed?.isPowerCycled = true
        return true
    }

    /// A process has died that held what stands: the next one knows only what is durable of it.
    mutating func forgetStanding() {
        standing?.holders = []
        guard let owed, owed.attempts == 0, !owed.hasTaken else { return }
        self.owed = nil
        if author == .agent { author = .firmware }
    }

    /// A write that was accepted and came to nothing met what somebody else had set since the look before it.
    mutating func takeForOurs() { isTakenForOurs = author == .person || author == .otherAgent }

    /// What the agent wrote after the journal was copied that it now runs on is somebody else's to it, unless that holds the
    /// intent.
    mutating func forget(_ known: Owed?, _ intended: Set<Int>) {
        if known == nil, let owed, !owed.sent.isDisjoint(with: intended) {
            self.owed?.sent = owed.sent.intersection(intended)
            if author == .agent, watts.map({ !intended.contains($0) }) ?? true { author = .otherAgent }
            return forgetStanding()
        }
        owed = known
        closing = nil
        standing?.holders = []
        if author == .agent { author = .otherAgent }
    }

    func shown(at now: Timestamp) -> Int? {
        if let stale, now < stale.until { return stale.watts }
        return watts
    }
}
