import Foundation
import Synchronization

/// One OS thread that drives libcurl with epoll, for the origins that belong to it.
///
/// An origin always goes to the same worker, so that its connection, TLS session and queue are this thread's alone.
final class CurlWorker: Sendable {
    private struct Mailbox {
        var submissions: [Submission] = []
        var cancellations: [(id: UInt64, origin: String)] = []
        var stopping = false
        /// Whether files with authorities are to be looked at now; true as value: whether or not they changed.
        var trustRenewal: Bool?
    }

    /// Handshakes during which the thread had nothing to do for longer than this no longer count against those in
    /// flight: the bound is there because they take processor time here, and a BMC that takes its own time for one, or
    /// hangs in it, must not take a place from one that would answer.
    private static let handshakeGrace = Duration.milliseconds(20)

    private let configuration: HTTPClientPool.Configuration
    private let fence: HTTPClientPool.Fence?
    private let mailbox = Mutex(Mailbox())
    private let sockets = SocketWatch()
    private let finished = DispatchSemaphore(value: 0)
    private let load = Mutex((inFlight: 0, waiting: 0))

    init(_ configuration: HTTPClientPool.Configuration, fence: HTTPClientPool.Fence?) {
        self.configuration = configuration
        self.fence = fence
    }

    func start(number: Int) {
        let thread = Thread { [self] in
            run()
            finished.signal()
        }
        thread.name = "curl-\(number)"
        thread.start()
    }

    func submit(_ submission: Submission) {
        let (accepted, mustWake) = mailbox.withLock { mailbox in
            if mailbox.stopping { return (false, false) }
            mailbox.submissions.append(submission)
            // Who came before has woken it already.
            return (true, mailbox.submissions.count == 1)
        }
        guard accepted else { return submission.fail(.shutDown, "the HTTP client is shut down") }
        if mustWake { sockets.wake() }
    }

    func cancel(id: UInt64, origin: String) {
        mailbox.withLock { $0.cancellations.append((id, origin)) }
        sockets.wake()
    }

    func renewTrust(force: Bool) {
        mailbox.withLock { $0.trustRenewal = force || $0.trustRenewal == true }
        sockets.wake()
    }

    func stop() {
        mailbox.withLock { $0.stopping = true }
        sockets.wake()
    }

    func waitUntilFinished() { finished.wait() }

    var queueDepth: (inFlight: Int, waiting: Int) { load.withLock { $0 } }

    private func run() {
        var loop = CurlLoop(sockets: sockets, configuration: configuration, fence: fence)
        while true {
            let (submissions, cancellations, renewal, stopping) = mailbox.withLock { mailbox in
                defer {
                    mailbox.submissions = []
                    mailbox.cancellations = []
                    mailbox.trustRenewal = nil
                }
                return (mailbox.submissions, mailbox.cancellations, mailbox.trustRenewal, mailbox.stopping)
            }
            // Before the requests that came after it.
            if let renewal { loop.checkAuthorities(immediately: true, force: renewal) }
            loop.add(submissions)
            for cancellation in cancellations { loop.cancel(id: cancellation.id, origin: cancellation.origin) }
            if stopping { break }
            loop.turn(grace: Self.handshakeGrace)
            load.withLock { $0 = loop.depth }
        }
        loop.abandon()
        failEverything("the HTTP client is shut down")
    }

    private func failEverything(_ reason: String) {
        let submissions = mailbox.withLock { mailbox in
            defer { mailbox.submissions = [] }
            mailbox.stopping = true
            return mailbox.submissions
        }
        for submission in submissions { submission.fail(.shutDown, reason) }
    }
}
