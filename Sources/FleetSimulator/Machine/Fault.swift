/// A way in which a simulated BMC misbehaves, and towards which requests. Switched while it runs.
public struct Fault: Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        /// Takes requests and never answers.
        case hang
        /// Sends the answer a byte at a time.
        case drip
        /// Ends each connection as soon as it is made.
        case refuse
        /// Sends half an answer, then ends the connection.
        case cut
        /// Closes connections that it seemed to keep.
        case stale
        case status(Int, retryAfter: Int?)
        /// Has no session left; Basic authentication still works.
        case sessionLimit
        /// Has no session service at all.
        case noSessions
        /// Forgets all sessions.
        case forgetSessions
        /// Obeys, and answers 500.
        case applyThenFail
        /// Obeys, and answers this.
        case obeyAndAnswer(Int)
        /// Keeps limits in steps of that many watts, and tells nobody.
        case round(watts: Int)
        /// Keeps no limit as it is written, but a twelfth lower.
        case clamp
        /// Answers 200 and does nothing.
        case ignore
        /// Answers 200, does nothing, and says so in the body.
        case objectInside
        /// Answers 202 with a task that ends so.
        case task(TaskEnd)
        /// 308 to the same place with a slash.
        case redirect
        case html
        case truncate
        /// Ten megabytes of JSON.
        case huge
        /// Numbers as strings.
        case wrongTypes
        /// Obeys a reset only after this long.
        case slowShutdown(seconds: Double)
        /// Somebody else puts the old value back after each write.
        case contend
        /// Shows a write only a second and a half later.
        case lag
        /// Reboots after a write, and forgets it.
        case forgetWrites
        /// Shows another certificate than before, of an authority that nobody trusts.
        case certificate
        /// Its clock is years off.
        case clock
        /// Its meters show what they showed when this began; firmware that marks old values does.
        case meterStale
        /// Its meters have no values.
        case meterGone
        /// Its meters have no values for two of every six seconds.
        case meterGaps
        /// Its meters show 4,294,967,295.
        case meterAbsurd
        /// Its meters show nothing being drawn.
        case meterZero
        /// Its meters are a tenth off, this way and that.
        case meterNoisy
        /// Its meters' values are of 1970.
        case meter1970
    }

    public enum TaskEnd: Sendable, Hashable {
        case success, failure, never
        /// It obeys, and its task's monitor answers this.
        case lost(Int)
    }

    public var kind: Kind
    /// Only requests with one of these methods; nil: what is usual for the kind.
    public var methods: Set<String>?
    /// Only requests to paths that contain this.
    public var path: String?
    /// How many such requests are answered well before it begins.
    public var skip: Int
    /// How many it then meets; nil: all.
    public var times: Int?

    public init(_ kind: Kind, on methods: Set<String>? = nil, path: String? = nil, skip: Int = 0, times: Int? = nil) {
        self.kind = kind
        self.methods = methods
        self.path = path
        self.skip = skip
        self.times = times
    }

    public static let hang = Fault(.hang)
    public static let ignoreWrites = Fault(.ignore)
    public static let applyThenFail = Fault(.applyThenFail)
    public static let noSessions = Fault(.noSessions)
    public static let forgetSessions = Fault(.forgetSessions, times: 1)
    public static func status(_ status: Int) -> Fault { Fault(.status(status, retryAfter: nil)) }
    public static func busyWrites(_ times: Int) -> Fault {
        Fault(.status(503, retryAfter: 1), on: ["PATCH", "POST"], times: times)
    }
    public static func slowShutdown(seconds: Double) -> Fault { Fault(.slowShutdown(seconds: seconds)) }

    /// Whether a request is one that this fault is about. The service root and logins are only meant where named.
    func concerns(method: String, path: String, isLogin: Bool) -> Bool {
        if let part = self.path { guard path.contains(part) else { return false } }
        if let methods { return methods.contains(method) && (!isLogin || self.path != nil) }
        switch kind {
        case .applyThenFail, .obeyAndAnswer, .round, .clamp, .ignore, .objectInside, .task, .contend, .forgetWrites,
            .lag:
            return ["PATCH", "POST"].contains(method) && !isLogin
        case .html, .truncate, .huge, .wrongTypes, .cut: return method == "GET" && path != "/redfish/v1"
        case .sessionLimit: return isLogin
        case .status: return !isLogin && path != "/redfish/v1"
        default: return true
        }
    }
}
