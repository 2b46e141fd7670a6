import Curl
import Shedding
import Site
import StrictJSON

@testable import Redfish

/// Drives runs of a session without any transport, clock or ledger: the machine alone, with answers from a list.
struct SessionDrive {
    enum Reply: Sendable {
        case status(Int, [(String, String)], JSONValue?)
        case failure(CurlError.Kind, mayHaveBeenObeyed: Bool)
        case cancelled

        static func status(_ status: Int) -> Reply { .status(status, [], nil) }
        /// A login that opens the session of this number.
        static func opened(_ number: Int) -> Reply {
            .status(201, [("X-Auth-Token", "t\(number)"), ("Location", FakeBMC.sessions + "/\(number)")], nil)
        }
        static func ok(_ json: JSONValue = ["Id": "x"]) -> Reply { .status(200, [], json) }
    }

    static let uri = "/redfish/v1/Chassis/1/Power"
    static let root: JSONValue = ["Links": ["Sessions": ["@odata.id": .string(FakeBMC.sessions)]]]

    var session = RedfishSession(bmc: FakeBMC.bmc, username: "u", options: RedfishOptions())
    var now = ContinuousClock.now
    /// What was asked for, in order: `GET /x token`, `turn`, `worked`, …
    private(set) var log: [String] = []
    private(set) var requests: [HTTPRequest] = []
    private(set) var manners: [SessionRequest.Manner] = []
    private(set) var waits: [Duration] = []
    private(set) var turns = 0
    /// Sessions that were opened and not ended, by what the ledger was told.
    private(set) var open: Set<String> = []
    var orphans: [String] = []
    var refusal: BMCFault?
    var isProven = true
    var isWaitCancelled = false

    /// With a session that stands, and what is known of a BMC after a login.
    static var loggedIn: SessionDrive {
        var drive = SessionDrive()
        drive.session.state = .token("t0", location: FakeBMC.sessions + "/0")
        drive.session.sessionsURI = FakeBMC.sessions
        drive.session.generation = 1
        drive.open = [FakeBMC.sessions + "/0"]
        return drive
    }

    /// With Basic authentication, since the BMC has no room for a session.
    static var basic: SessionDrive {
        var drive = loggedIn
        drive.session.state = .basic
        drive.open = []
        return drive
    }

    /// Carries a run to its end; what is asked for after the last reply times out.
    mutating func run(_ procedure: some SessionProcedure, _ replies: [Reply] = []) -> SessionResult {
        var run = SessionRun(procedure)
        var replies = replies[...]
        var event = SessionEvent.begun
        while true {
            let action = run.next(event, &session, now: now)
            if case .finish(let result) = action { return result }
            event = perform(action, &replies)
        }
    }

    mutating func perform(_ action: SessionAction, _ replies: inout ArraySlice<Reply>) -> SessionEvent {
        switch action {
        case .send(let request):
            note(request)
            switch replies.popFirst() ?? .failure(.timeout, mayHaveBeenObeyed: true) {
            case .status(let status, let headers, let body):
                return .answered(
                    HTTPResponse(
                        status: status, headers: headers.map { (name: $0.0, value: $0.1) }, body: body?.bytes ?? [],
                        elapsed: .zero))
            case .failure(let kind, let mayHaveBeenObeyed):
                return .unanswered(
                    CurlError(
                        kind: kind, url: request.http.url, message: "scripted", mayHaveBeenObeyed: mayHaveBeenObeyed))
            case .cancelled: return .cancelled
            }
        case .wait(let delay):
            waits.append(delay)
            now += delay
            return .waited(isCancelled: isWaitCancelled)
        case .readCredentials:
            var credentials = SessionCredentials(username: "u", password: "p")
            credentials.refusal = refusal
            credentials.isProven = isProven
            return .credentials(.success(credentials))
        case .takeTurn:
            turns += 1
            log.append("turn")
            return .turnTaken
        case .giveBackTurn:
            turns -= 1
            log.append("turn back")
        case .noteLogin(.worked): log.append("worked")
        case .noteLogin(.refused(_, _, let isCertain)): log.append(isCertain ? "refused" : "refused?")
        case .adoptOrphanedSessions:
            defer { orphans = [] }
            return .orphaned(orphans)
        case .noteOpened(let location): open.insert(location)
        case .noteClosed(let location): open.remove(location)
        case .finish: break
        }
        return .done
    }

    private mutating func note(_ request: SessionRequest) {
        requests.append(request.http)
        manners.append(request.manner)
        let headers = Dictionary(request.http.headers.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
        let login = headers["X-Auth-Token"] ?? (headers["Authorization"] == nil ? nil : "basic")
        let path = String(request.http.url.dropFirst(FakeBMC.base.count))
        let words = [
            request.http.method.rawValue, path, headers["If-Match"].map { "if \($0)" }, login.map { "as \($0)" },
        ]
        log.append(words.compactMap { $0 }.joined(separator: " "))
    }

    /// In one word: a kind of fault, or what it was good for.
    static func word(_ result: SessionResult) -> String {
        switch result {
        case .failure(let fault): fault.kind.rawValue
        case .success(.accepted(let objection)): objection == nil ? "accepted" : "accepted, but"
        case .success(.opened(let isOpen)): isOpen ? "opened" : "no session"
        case .success: "ok"
        }
    }
}
