import Shedding

/// What became of the logins at one BMC under one name, over all connections to it. BMCs lock accounts after a few
/// wrong passwords, so that a wrong one is tried twice at most in its life, however often and by whatever way it is asked
/// for; it is not tried again until it changes, or somebody asks for that.
///
/// | refusal | what follows |
/// |---|---|
/// | a login of 401, or one that speaks of name, password or rights | closed at once |
/// | the same, of a password that has worked here before | left alone for 30 s, then one more, then closed |
/// | 400 or 403 without a reason, or 401 to Basic authentication | closed by the second in a row |
public actor LoginRecord {
    static let tolerance = 2
    static let backOff = Duration.seconds(30)

    /// The secret that all of this is about, by its hash.
    private var secret: Int?
    private var refusals = 0
    private var hasWorked = false
    private var isClosed = false
    private var openAgain: ContinuousClock.Instant?
    private var words = ""
    private var isTaken = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    public init() {}

    /// Lets a password that was refused be tried again.
    public func forget() {
        refusals = 0
        isClosed = false
        openAgain = nil
    }

    /// Why a secret is not sent; nil where it may be.
    func refusal(of secret: Int, now: ContinuousClock.Instant) -> BMCFault? {
        guard secret == self.secret else { return nil }
        if isClosed {
            return BMCFault(
                .unauthorized,
                "\(words); not tried again until the password or the configuration changes, or is read again (ima reload)"
            )
        }
        if let openAgain, now < openAgain { return BMCFault(.unauthorized, "\(words); tried once more in a while") }
        return nil
    }

    /// Whether a secret was good the last time that it was sent.
    func isProven(_ secret: Int) -> Bool { secret == self.secret && hasWorked && refusals == 0 }

    func worked(_ secret: Int) {
        begin(secret)
        forget()
        hasWorked = true
    }

    /// - Parameter isCertain: whether the refusal can only be of name, password or rights
    func refused(_ secret: Int, _ words: String, isCertain: Bool, now: ContinuousClock.Instant) {
        begin(secret)
        refusals += 1
        self.words = words
        isClosed = refusals >= Self.tolerance || isCertain && !hasWorked
        openAgain = isCertain && !isClosed ? now + Self.backOff : nil
    }

    /// One after another, connections try a secret of which nothing is known yet.
    func takeTurn() async {
        guard isTaken else {
            isTaken = true
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    func giveBackTurn() {
        if waiting.isEmpty { isTaken = false } else { waiting.removeFirst().resume() }
    }

    private func begin(_ secret: Int) {
        guard secret != self.secret else { return }
        self.secret = secret
        hasWorked = false
        forget()
    }
}
