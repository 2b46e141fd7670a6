import Curl
import Shedding
import Site
import StrictJSON
import Testing

@testable import Redfish

/// The session's machine, without a transport: what follows each answer at each moment.
struct SessionMachineTests {
    typealias Reply = SessionDrive.Reply

    struct Row: Sendable, CustomTestStringConvertible {
        let replies: [Reply]
        let end: String
        /// What went out after the first request.
        var then: [String] = []
        var testDescription: String { "\(end): \(replies)" }

        init(_ replies: [Reply], _ end: String, then: [String] = []) {
            self.replies = replies
            self.end = end
            self.then = then
        }
    }

    private static let uri = SessionDrive.uri
    private static let get = GetProcedure(uri: uri, context: RequestContext())
    private static let login = "POST \(FakeBMC.sessions)"
    private static let endOld = "DELETE \(FakeBMC.sessions)/0 as t1"
    /// A login that opens session 1, by which the old one is ended.
    private static let renewal = ["turn", login, "worked", "turn back", endOld]

    private static func patch(
        _ condition: PatchProcedure.Condition = .required, tags: [String] = ["\"a\""],
        context: RequestContext = RequestContext()
    ) -> PatchProcedure {
        PatchProcedure(
            Document(uri: uri, json: .null, etags: tags), ["PowerLimit": 1], condition: condition, timeout: nil,
            context: context)
    }

    // MARK: Reads

    static let reads: [Row] = [
        Row([.ok()], "ok"),
        Row([.status(404)], "unsupported"), Row([.status(410)], "unsupported"), Row([.status(403)], "unauthorized"),
        Row([.status(429)], "busy"), Row([.status(503, [("Retry-After", "7")], nil)], "busy"),
        Row([.status(500)], "invalidAnswer"), Row([.status(412)], "invalidAnswer"),
        Row([.status(200)], "invalidAnswer"), Row([.status(204)], "invalidAnswer"),
        // Another session, once; and the old one is ended, since it may not have been at fault.
        Row([.status(401), .opened(1), .status(204), .ok()], "ok", then: renewal + ["GET \(uri) as t1"]),
        Row(
            [.status(401), .opened(1), .status(404), .status(401)], "unauthorized", then: renewal + ["GET \(uri) as t1"]
        ),
        Row([.status(401), .status(401)], "unauthorized", then: ["turn", login, "refused", "turn back"]),
        Row(
            [.status(401), .status(503), .ok(SessionDrive.root), .status(503), .status(200), .ok()], "ok",
            then: [
                "turn", login, "GET /redfish/v1/", login, "turn back", "DELETE \(FakeBMC.sessions)/0 as basic",
                "worked", "GET \(uri) as basic", "worked",
            ]),
        Row(
            [.status(401), .failure(.couldNotConnect, mayHaveBeenObeyed: false)], "unreachable",
            then: ["turn", login, "turn back"]),
        // In another coding, once.
        Row([.status(406), .ok()], "ok", then: ["GET \(uri) as t0"]),
        Row([.status(406), .status(406)], "invalidAnswer", then: ["GET \(uri) as t0"]),
        // Redirects that stay.
        Row(
            [.status(302, [("Location", "Power/")], nil), .ok()], "ok", then: ["GET /redfish/v1/Chassis/1/Power/ as t0"]
        ),
        Row([.status(302, [("Location", "https://elsewhere/x")], nil)], "refused"), Row([.status(302)], "refused"),
        Row([.status(301, [("Location", uri)], nil)], "refused"),
        Row([.failure(.couldNotConnect, mayHaveBeenObeyed: false)], "unreachable"),
        Row([.failure(.connectionLost, mayHaveBeenObeyed: true)], "unreachable"),
        Row([.failure(.tls, mayHaveBeenObeyed: false)], "untrusted"),
        Row([.failure(.tooLarge, mayHaveBeenObeyed: true)], "invalidAnswer"), Row([.cancelled], "cancelled"),
    ]

    @Test(arguments: reads) func aReadUnderASession(row: Row) {
        var drive = SessionDrive.loggedIn
        let result = drive.run(Self.get, row.replies)
        #expect(SessionDrive.word(result) == row.end)
        #expect(drive.log == ["GET \(Self.uri) as t0"] + row.then)
        #expect(drive.turns == 0)
        if case .failure(let fault) = result, fault.kind == .busy, row.replies.count == 1 {
            #expect(fault.retryAfter == .seconds(7) || fault.retryAfter == nil)
        }
    }

    // MARK: Writes

    static let writes: [Row] = [
        Row([.status(204)], "accepted"), Row([.ok()], "accepted"),
        Row([.status(400)], "refused"), Row([.status(405)], "refused"), Row([.status(406)], "refused"),
        Row([.status(501)], "refused"), Row([.status(403)], "unauthorized"), Row([.status(503)], "busy"),
        Row([.status(500)], "unknownEffect"), Row([.status(303)], "unknownEffect"),
        // Somebody wrote since it was read: nothing more is sent.
        Row([.status(412)], "overtaken"), Row([.status(428)], "overtaken"),
        // A new session, and not the write once more: what it did has to be read first.
        Row([.status(401), .opened(1), .status(204)], "unknownEffect", then: renewal),
        Row([.status(401), .status(401)], "unknownEffect", then: ["turn", login, "refused", "turn back"]),
        Row([.failure(.connectionLost, mayHaveBeenObeyed: true)], "unknownEffect"),
        Row([.failure(.timeout, mayHaveBeenObeyed: true)], "unknownEffect"),
        Row([.failure(.couldNotConnect, mayHaveBeenObeyed: false)], "unreachable"), Row([.cancelled], "unknownEffect"),
        Row([.status(307, [("Location", "/x")], nil), .status(204)], "accepted", then: ["PATCH /x if \"a\" as t0"]),
        Row(
            [.status(307, [("Location", "/x")], nil), .status(400)], "unknownEffect", then: ["PATCH /x if \"a\" as t0"]),
        Row([.status(307, [("Location", "/x")], nil), .status(412)], "overtaken", then: ["PATCH /x if \"a\" as t0"]),
        Row([.status(307, [("Location", "https://elsewhere/x")], nil)], "unknownEffect"),
        // Accepted, to be gone on with by nobody knows whom.
        Row([.status(202)], "accepted"),
    ]

    @Test(arguments: writes) func aWriteUnderASession(row: Row) {
        var drive = SessionDrive.loggedIn
        #expect(SessionDrive.word(drive.run(Self.patch(), row.replies)) == row.end)
        #expect(drive.log == ["PATCH \(Self.uri) if \"a\" as t0"] + row.then)
        #expect(drive.turns == 0)
    }

    @Test(
        arguments: [
            (PatchProcedure.Condition.required, ["\"a\"", "a"], ["\"a\"", "a"], "overtaken"),
            (.preferred, ["\"a\""], ["\"a\"", "*", nil], "refused"), (.required, [], [nil, "*"], "refused"),
            (.preferred, [], [nil, "*"], "refused"),
        ] as [(PatchProcedure.Condition, [String], [String?], String)])
    func ifMatchCandidatesAreTriedInTurn(
        condition: PatchProcedure.Condition, tags: [String], tried: [String?], end: String
    ) {
        for status in [412, 428] {
            var drive = SessionDrive.loggedIn
            let replies = tried.map { _ in Reply.status(status) }
            #expect(SessionDrive.word(drive.run(Self.patch(condition, tags: tags), replies)) == end)
            #expect(drive.requests.map { $0.headers.first { $0.name == "If-Match" }?.value } == tried)
            for count in 1..<tried.count {
                var drive = SessionDrive.loggedIn
                let replies = replies.prefix(count) + [.status(204)]
                #expect(SessionDrive.word(drive.run(Self.patch(condition, tags: tags), Array(replies))) == "accepted")
                #expect(drive.requests.count == count + 1)
            }
        }
    }

    // MARK: Tasks

    private static let monitor = "/redfish/v1/TaskService/Tasks/1/Monitor"
    private static let accepted = Reply.status(202, [("Location", monitor)], nil)

    private static func task(_ state: String) -> Reply { .ok(["TaskState": .string(state)]) }

    static let tasks: [(replies: [Reply], end: String, waits: [Int])] = [
        ([task("Completed")], "accepted", [250]), ([.status(204)], "accepted", [250]),
        ([.status(404)], "accepted", [250]),
        ([task("Running"), task("New"), .status(202), task("Completed")], "accepted", [250, 500, 1000, 2000]),
        ([task("Exception")], "unknownEffect", [250]), ([task("Cancelled")], "unknownEffect", [250]),
        ([.status(400)], "unknownEffect", [250]), ([.status(403)], "unknownEffect", [250]),
        ([.status(401), .status(401)], "unknownEffect", [250]),
        ([.status(500)], "unknownEffect", [250]),
        ([.failure(.connectionLost, mayHaveBeenObeyed: true)], "unknownEffect", [250]),
        ([.failure(.couldNotConnect, mayHaveBeenObeyed: false)], "unknownEffect", [250]),
        ([.status(302, [("Location", "https://elsewhere/x")], nil)], "unknownEffect", [250]),
        ([.status(503, [("Retry-After", "7")], nil), .status(204)], "accepted", [250, 7000]),
        ([.status(429), .status(204)], "accepted", [250, 500]),
        // It never ends: until a minute is over.
        (
            Array(repeating: task("Running"), count: 50), "unknownEffect",
            [250, 500, 1000, 2000, 4000, 5000, 5000, 5000, 5000, 5000, 5000, 5000, 5000, 5000, 5000]
        ),
        // It asks for more time than there is.
        ([.status(503, [("Retry-After", "3600")], nil)], "unknownEffect", [250]),
    ]

    @Test(arguments: tasks.indices) func aTaskIsFollowed(index: Int) {
        let row = Self.tasks[index]
        var drive = SessionDrive.loggedIn
        #expect(SessionDrive.word(drive.run(Self.patch(), [Self.accepted] + row.replies)) == row.end, "row \(index)")
        #expect(drive.waits == row.waits.map { .milliseconds($0) }, "row \(index)")
        #expect(drive.requests.count { $0.method == .patch } == 1)
    }

    @Test func aTaskEndsWithTheWorkThatItIsPartOf() {
        var drive = SessionDrive.loggedIn
        let context = RequestContext(deadline: drive.now + .seconds(1))
        let result = drive.run(
            Self.patch(context: context), [Self.accepted] + Array(repeating: Self.task("Running"), count: 9))
        #expect(SessionDrive.word(result) == "unknownEffect")
        #expect(drive.waits == [.milliseconds(250), .milliseconds(500)])
        drive.isWaitCancelled = true
        #expect(SessionDrive.word(drive.run(Self.patch(), [Self.accepted])) == "unknownEffect")
    }

    @Test func nothingIsSentAfterTheDeadline() {
        var drive = SessionDrive.loggedIn
        let late = RequestContext(deadline: drive.now)
        #expect(SessionDrive.word(drive.run(GetProcedure(uri: Self.uri, context: late))) == "outOfTime")
        #expect(SessionDrive.word(drive.run(Self.patch(context: late))) == "outOfTime")
        #expect(drive.log.isEmpty)
        let soon = RequestContext(deadline: drive.now + .seconds(3))
        _ = drive.run(GetProcedure(uri: Self.uri, context: soon), [.ok()])
        #expect(drive.requests.map(\.timeout) == [.seconds(3)])
    }

    @Test func aBMCThatWasGivenAMomentHasNotShownThatItIsUnreachable() {
        let silence = Reply.failure(.timeout, mayHaveBeenObeyed: true)
        var drive = SessionDrive.loggedIn
        let soon = RequestContext(deadline: drive.now + .milliseconds(5))
        guard case .failure(let cut) = drive.run(GetProcedure(uri: Self.uri, context: soon), [silence]),
            case .failure(let whole) = drive.run(GetProcedure(uri: Self.uri, context: RequestContext()), [silence])
        else { return #expect(Bool(false)) }
        #expect(cut.kind == .unreachable && cut.mayBeOfResource)
        #expect(cut.message.contains("no answer by the deadline"), "the same words each time: \(cut.message)")
        #expect(whole.kind == .unreachable && !whole.mayBeOfResource)
    }

    // MARK: Logins

    static let logins: [(reply: Reply, end: String, state: RedfishSession.State, note: [String])] = [
        (.opened(1), "opened", .token("t1", location: FakeBMC.sessions + "/1"), ["worked"]),
        (.status(201, [("X-Auth-Token", "t1")], nil), "no session", .basic, ["worked"]),
        (.status(201), "no session", .basic, ["worked"]), (.status(401), "unauthorized", .loggedOut, ["refused"]),
        (.status(403), "no session", .basic, ["refused?"]), (.status(400), "no session", .basic, ["refused?"]),
        (.status(403, [], ["error": ["message": "SessionLimitExceeded"]]), "no session", .basic, []),
        (.status(400, [], ["error": ["message": "The password is wrong"]]), "unauthorized", .loggedOut, ["refused"]),
        (.status(503), "no session", .basic, []), (.status(500), "no session", .basic, []),
        (.status(404), "no session", .basic, []), (.status(307), "refused", .loggedOut, []),
        (.failure(.connectionLost, mayHaveBeenObeyed: true), "unreachable", .loggedOut, []),
        (.failure(.tls, mayHaveBeenObeyed: false), "untrusted", .loggedOut, []),
        (.cancelled, "unknownEffect", .loggedOut, []),
    ]

    @Test(arguments: logins.indices) func aLogin(index: Int) {
        let row = Self.logins[index]
        var drive = SessionDrive()
        let result = drive.run(LoginProcedure(context: RequestContext()), [.ok(SessionDrive.root), row.reply])
        #expect(SessionDrive.word(result) == row.end, "row \(index)")
        #expect(drive.session.state == row.state, "row \(index)")
        #expect(drive.log == ["turn", "GET /redfish/v1/", Self.login] + row.note + ["turn back"], "row \(index)")
        // A login that is cut off would leave a session of which nobody knows.
        #expect(drive.manners.last == .kept)
    }

    @Test func aPasswordThatWasRefusedIsNotSent() {
        for var drive in [SessionDrive(), SessionDrive.basic] {
            drive.refusal = BMCFault(.unauthorized, "it was refused")
            #expect(SessionDrive.word(drive.run(Self.get)) == "unauthorized")
            #expect(drive.requests.isEmpty)
            #expect(drive.turns == 0)
        }
    }

    /// Sessions of a process that was killed are ended, and may have been the ones that were too many.
    @Test func orphanedSessionsMakeRoom() {
        var drive = SessionDrive()
        drive.session.root = SessionDrive.root
        drive.orphans = ["/s/7", "/s/8"]
        let full = Reply.status(503)
        let result = drive.run(
            LoginProcedure(context: RequestContext()),
            [full, .ok(["UserName": "somebody"]), .ok(["UserName": "u"]), .status(204), .opened(1)])
        #expect(SessionDrive.word(result) == "opened")
        #expect(
            drive.requests.map(\.method) == [.post, .get, .get, .delete, .post])
        #expect(drive.open == [FakeBMC.sessions + "/1"])
    }

    @Test func aSessionsResourceThatMovedIsLookedForAgain() {
        var drive = SessionDrive.loggedIn
        drive.session.sessionsURI = "/old"
        let result = drive.run(
            Self.get, [.status(401), .status(404), .ok(SessionDrive.root), .opened(1), .status(204), .ok()])
        #expect(SessionDrive.word(result) == "ok")
        #expect(drive.session.sessionsURI == FakeBMC.sessions)
    }

    @Test func aRootThatIsNotOpenToAllIsReadByBasic() {
        var drive = SessionDrive()
        let result = drive.run(
            LoginProcedure(context: RequestContext()), [.status(401), .ok(SessionDrive.root), .opened(1)])
        #expect(SessionDrive.word(result) == "opened")
        #expect(
            drive.log == [
                "turn", "GET /redfish/v1/", "GET /redfish/v1/ as basic", "worked", Self.login, "worked", "turn back",
            ])
    }

    /// Two requests of one session meet its end: the second waits for the first one's login, and uses it.
    @Test func twoRequestsShareOneRenewal() {
        var drive = SessionDrive.loggedIn
        var (one, two) = (SessionRun(Self.get), SessionRun(Self.get))
        func next(_ run: inout SessionRun, _ event: SessionEvent) -> SessionAction {
            run.next(event, &drive.session, now: drive.now)
        }
        func carry(_ run: inout SessionRun, _ action: SessionAction, _ replies: [Reply]) -> SessionResult? {
            var (action, replies) = (action, replies[...])
            while true {
                if case .finish(let result) = action { return result }
                action = next(&run, drive.perform(action, &replies))
            }
        }
        let (first, second) = (next(&one, .begun), next(&two, .begun))
        var none: ArraySlice<Reply> = [.status(401), .status(401)]
        let (lost, alsoLost) = (drive.perform(first, &none), drive.perform(second, &none))
        let wantsTurn = next(&one, lost)
        #expect(carry(&one, wantsTurn, [.opened(1), .status(204), .ok()]).map(SessionDrive.word) == "ok")
        #expect(carry(&two, next(&two, alsoLost), [.ok()]).map(SessionDrive.word) == "ok")
        #expect(drive.requests.count { $0.method == .post } == 1)
    }

    @Test func loggingOutEndsTheSession() {
        for (status, isOpen) in [(204, false), (404, false), (503, true)] {
            var drive = SessionDrive.loggedIn
            _ = drive.run(LogOutProcedure(), [.status(status)])
            #expect(drive.log == ["DELETE \(FakeBMC.sessions)/0 as t0"])
            #expect(drive.requests.map(\.followup) == [.none])
            #expect(drive.open.isEmpty != isOpen)
            #expect(drive.session.state == .loggedOut)
        }
    }

    // MARK: Everything

    /// Whatever is answered at each of the first requests: an action goes out once, a write goes out again only where the
    /// answer before says that a precondition stood against it, turns are given back, and the end is one.
    @Test(arguments: ["in", "out", "basic", "no password yet"]) func whateverIsAnswered(state: String) async {
        let replies: [Reply] = [
            .ok(SessionDrive.root), .opened(1), .status(202, [("Location", Self.monitor)], nil), .status(204),
            .status(401), .status(406), .status(412), .status(307, [("Location", "/elsewhere")], nil),
            .failure(.timeout, mayHaveBeenObeyed: true),
        ]
        var drives = ["in": SessionDrive.loggedIn, "out": SessionDrive(), "basic": SessionDrive.basic]
        drives["no password yet"] = SessionDrive()
        drives["no password yet"]?.isProven = false
        drives["no password yet"]?.orphans = ["/s/7"]
        guard let start = drives[state] else { return #expect(Bool(false)) }
        let depth = 3
        var indices = Array(repeating: 0, count: depth)
        while true {
            let script = indices.map { replies[$0] }
            var reset = start
            _ = reset.run(UnrepeatedProcedure.post("/reset", [:], timeout: nil, context: RequestContext()), script)
            let sent = reset.requests.count { $0.url == FakeBMC.base + "/reset" }
            var write = start
            _ = write.run(Self.patch(), script)
            if sent > 1 || reset.turns != 0 || write.turns != 0 {
                Issue.record("\(indices): \(reset.log), \(write.log)")
                return
            }
            // Others have clocks that run.
            await Task.yield()
            guard let last = indices.lastIndex(where: { $0 + 1 < replies.count }) else { break }
            indices[last] += 1
            for index in indices.indices where index > last { indices[index] = 0 }
        }
    }

    @Test func anEventOutOfTurnIsAFault() {
        var session = SessionDrive.loggedIn.session
        var run = SessionRun(Self.get)
        _ = run.next(.begun, &session, now: .now)
        guard case .finish(.failure(let fault)) = run.next(.turnTaken, &session, now: .now) else {
            Issue.record("it went on")
            return
        }
        #expect(fault.kind == .invalidAnswer)
        guard case .finish(.failure) = run.next(.done, &session, now: .now) else {
            Issue.record("it went on after its end")
            return
        }
    }
}
