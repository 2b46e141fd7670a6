/// The waits between the tries of one thing: doubled each time, up to a longest.
///
/// All that this project has, each with its reason:
///
/// | what | delays | why |
/// |---|---|---|
/// | ``request`` | 0.5 s, 1, 2, 4, … 32 s, and up to half more | a BMC that is busy or gone for a moment; `redfish.retries` says how many, and the deadline how long |
/// | ``limitProbe`` | 0.25 s, 0.5, 1, 2, 4 s | BMCs show a new limit up to several seconds late |
/// | ``powerProbe`` | 0.5 s, 1, 2, 4, 8, 10 s | machines take from seconds to minutes to shut down or to start |
/// | ``taskPoll`` | 0.25 s, 0.5, 1, 2, 4, 5 s | most tasks take no second, the others a minute |
/// | ``circuit`` | 5 s, 10, 20, 40, 60 s | a BMC that timed out three times in a row costs others their time with each try |
/// | ``sessionRenewal`` | 5 s, 10, … 300 s | a resource that the rights do not suffice for would cost a session with each try |
/// | ``revert`` | 2 s, 4, 8, … 300 s, and up to a quarter more | a prior is owed for as long as it takes |
/// | ``brokerConnection`` | 0.1 s, 0.2, … 15 s, and up to a quarter more | an alert must not wait for a broker that is back |
/// | ``disk`` | 0.2 s, 0.4, 0.8, 1 s | caps wait for the disk to take what they write |
/// | ``etcd`` | 50 ms, 100, 200, 400, 500 ms, and up to half more | what waits for etcd is a lease or a cap; its elections take half a second |
///
/// Where a BMC says itself how long to wait (`Retry-After`), that counts instead. A login that was refused is not retried
/// by these, but by the rules of Redfish's `LoginRecord`.
public struct Backoff: Sendable, Hashable {
    /// The wait after the first failure.
    public let first: Duration
    /// No wait is longer, but for its spread.
    public let longest: Duration
    /// How much of a wait is added at most, so that many do not come back in step.
    public let spread: Double

    public init(first: Duration, longest: Duration, spread: Double = 0) {
        self.first = first
        self.longest = longest
        self.spread = spread
    }

    /// - Parameters:
    ///   - failures: how many there were before the last one: 0 for the first wait
    ///   - fraction: of the spread, from 0 to 1; whoever asks has the randomness
    public func delay(after failures: Int, fraction: Double = 0) -> Duration {
        var delay = min(first, longest)
        var left = failures
        while left > 0, delay != .zero, longest > delay {
            delay = min(delay * 2, longest)
            left -= 1
        }
        return delay + delay * (spread * min(max(fraction, 0), 1))
    }
}

extension Backoff {
    public static let request = Backoff(first: .milliseconds(500), longest: .seconds(32), spread: 0.5)
    public static let limitProbe = Backoff(first: .milliseconds(250), longest: .seconds(4))
    public static let powerProbe = Backoff(first: .milliseconds(500), longest: .seconds(10))
    public static let taskPoll = Backoff(first: .milliseconds(250), longest: .seconds(5))
    public static let circuit = Backoff(first: .seconds(5), longest: .seconds(60))
    public static let sessionRenewal = Backoff(first: .seconds(5), longest: .seconds(300))
    public static let revert = Backoff(first: .seconds(2), longest: .seconds(300), spread: 0.25)
    public static let brokerConnection = Backoff(first: .milliseconds(100), longest: .seconds(15), spread: 0.25)
    public static let disk = Backoff(first: .milliseconds(200), longest: .seconds(1))
    public static let etcd = Backoff(first: .milliseconds(50), longest: .milliseconds(500), spread: 0.5)
}
