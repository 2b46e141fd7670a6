import Site
import StrictJSON

/// The session with one BMC: what is known of it, and so what the next request carries. Has one owner, a ``BMCClient``.
///
/// A value that does nothing by itself: ``SessionProcedure``s read and change it, and say what is to be done.
struct RedfishSession: Sendable {
    enum State: Sendable, Hashable {
        case loggedOut
        case token(String, location: String?)
        /// Name and password with each request: more work for the BMC, but it works without a session service and where
        /// all of its few sessions are taken.
        case basic
    }

    /// Sessions that the BMC opens without saying where they can be ended.
    enum UnendableSessions: Sendable { case unseen, avoided, needed }

    let bmc: BMC
    let options: RedfishOptions
    let username: String
    var state = State.loggedOut
    /// The service root, read once a login.
    var root: JSONValue?
    /// Where sessions are opened, once that is known.
    var sessionsURI: String?
    /// Bumped at each login: what was learned of the machine before may be of another one.
    var generation = 0
    /// How many requests went out that the BMC may have obeyed.
    var writesIssued = 0
    var coding = ContentCoding()
    var unendable = UnendableSessions.unseen
    var uselessRenewal: UselessRenewal?
    /// Why there is no session, for people; nil where there is one, or nobody has asked for one yet.
    var obstacle: String?
    var circuit = CircuitBreaker()

    init(bmc: BMC, username: String, options: RedfishOptions) {
        self.bmc = bmc
        self.username = username
        self.options = options
    }

    var hasToken: Bool { if case .token = state { true } else { false } }

    /// Where the session can be ended; nil where there is none, or nobody knows.
    var location: String? { if case .token(_, let location) = state { location } else { nil } }
}
