import Foundation
public import Site
public import StrictJSON
import Synchronization

/// A simulated BMC: a machine, logins, faults, and a record of what was written to it.
public final class SimulatedBMC: Sendable {
    /// One write that was asked for.
    public struct Write: Sendable, Hashable {
        public let method: String
        public let uri: String
        public let body: JSONValue
        public let at: ContinuousClock.Instant
    }

    struct Request {
        let method: String
        let path: String
        let headers: [String: String]
        let body: [UInt8]
        let isLogin: Bool
        var isRead: Bool { ["GET", "HEAD"].contains(method) }
        var isWrite: Bool { ["PATCH", "POST"].contains(method) && !isLogin }
    }

    private struct State {
        var machine: SimulatedMachine
        /// By token, the session's URI.
        var sessions: [String: String] = [:]
        var nextSession = 1
        var tasks: [String: SimulatedTask] = [:]
        var revision = 1
        var faults = FaultList()
        var writes: [Write] = []
        var timing = ShedTiming()
        var requests = 0
        var inFlight = 0
        var mostInFlight = 0
        var delay: AnswerDelay
        var handshake = Duration.zero
        var shutdownAt: ContinuousClock.Instant?
        /// What is shown until a write takes, and when that is.
        var late: (at: ContinuousClock.Instant, machine: SimulatedMachine)?
        /// What the limits go back to, and when, because of somebody else or a reboot.
        var undo: (at: ContinuousClock.Instant, limit: PowerKnob, gpus: [String: PowerKnob])?
    }

    public let address: BMC.Address
    private let username: String
    private let password: String
    private let state: Mutex<State>
    private let gauge: RequestGauge

    /// - Parameter gauge: shared by the BMCs of a fleet
    public init(
        address: BMC.Address, machine: SimulatedMachine, username: String, password: String,
        gauge: RequestGauge = RequestGauge()
    ) {
        self.gauge = gauge
        self.address = address
        self.username = username
        self.password = password
        state = Mutex(State(machine: machine, delay: AnswerDelay(of: address.description)))
    }

    // MARK: The tester's side

    public var machine: SimulatedMachine {
        get {
            state.withLock { state in
                Self.advance(&state)
                return state.machine
            }
        }
        set { state.withLock { $0.machine = newValue } }
    }

    /// Changes the machine as somebody else than the agent would.
    public func tamper(_ change: (inout SimulatedMachine) -> Void) {
        state.withLock { state in
            change(&state.machine)
            state.revision += 1
        }
    }

    public var faults: Set<Fault> {
        get { state.withLock { $0.faults.all } }
        set { state.withLock { $0.faults.all = newValue } }
    }

    /// The least that an answer takes.
    public var latency: Duration {
        get { state.withLock { $0.delay.least } }
        set { state.withLock { $0.delay.least = newValue } }
    }

    /// How much longer than ``latency`` the slowest answers take; most are near to it.
    public var latencyTail: Duration {
        get { state.withLock { $0.delay.tail } }
        set { state.withLock { $0.delay.tail = newValue } }
    }

    /// How long it takes to answer the first bytes of a connection, which are those of a TLS handshake.
    public var handshake: Duration {
        get { state.withLock { $0.handshake } }
        set { state.withLock { $0.handshake = newValue } }
    }

    public var writes: [Write] { state.withLock { $0.writes } }
    /// Of what was written since it was last set back.
    public var timing: ShedTiming {
        get { state.withLock { $0.timing } }
        set { state.withLock { $0.timing = newValue } }
    }
    public var requests: Int { state.withLock { $0.requests } }
    /// How many sessions were ever opened.
    public var logins: Int { state.withLock { $0.nextSession - 1 } }
    public var openSessions: Int { state.withLock { $0.sessions.count } }
    /// The most requests that were ever being answered at once.
    public var mostRequestsAtOnce: Int { state.withLock { $0.mostInFlight } }

    // MARK: The network's side

    /// Whether connections are ended as soon as they are made.
    var refusesConnections: Bool { state.withLock { $0.faults.has(.refuse) } }
    /// Whether it shows a certificate that nobody trusts.
    var hasOtherCertificate: Bool { state.withLock { $0.faults.has(.certificate) } }

    func answer(method: String, uri: String, headers: [String: String], body: [UInt8]) -> Answer {
        gauge.began()
        return state.withLock { state in
            state.requests += 1
            state.inFlight += 1
            state.mostInFlight = max(state.mostInFlight, state.inFlight)
            Self.advance(&state)
            let path = String(uri.prefix { $0 != "?" })
            let plain = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
            let sessions = state.machine.personality.sessions
            // A POST to the members is one to the collection (DSP0266, 7.9).
            let isLogin = method == "POST" && [sessions, sessions + "/Members"].contains(plain)
            let request = Request(method: method, path: plain, headers: headers, body: body, isLogin: isLogin)
            state.delay.draw()
            let kinds = state.faults.meeting(method: method, path: plain, isLogin: isLogin)
            var answer = Self.before(kinds, request, uri: path) ?? respond(&state, request, kinds)
            answer.headers += ProtocolHeaders.of(request, answer, tree(state))
            answer.delay = answer.delay == nil || kinds.contains(.hang) ? nil : state.delay.current
            Self.after(kinds, &answer, &state)
            return answer
        }
    }

    func finished() {
        gauge.ended()
        state.withLock { $0.inFlight -= 1 }
    }

    private static func advance(_ state: inout State) {
        if let at = state.shutdownAt, ContinuousClock.now >= at {
            state.machine.powerState = "Off"
            state.shutdownAt = nil
        }
        if let late = state.late, ContinuousClock.now >= late.at {
            state.machine = late.machine
            state.revision += 1
            state.late = nil
        }
        if let undo = state.undo, ContinuousClock.now >= undo.at {
            state.machine.limit = undo.limit
            state.machine.gpus = undo.gpus
            state.revision += 1
            state.undo = nil
        }
    }
}

// MARK: - Faults

extension SimulatedBMC {
    /// What is answered instead of obeying.
    private static func before(_ kinds: [Fault.Kind], _ request: Request, uri: String) -> Answer? {
        for kind in kinds {
            switch kind {
            case .refuse:
                var answer = Answer(status: 503)
                answer.wire = .closed
                return answer
            case .status(let status, let retryAfter):
                var answer = Answer.error(status, "Simulated\(status)")
                if let retryAfter { answer.headers.append(("Retry-After", "\(retryAfter)")) }
                return answer
            case .sessionLimit:
                return .error(503, "SessionLimitExceeded", "The maximum number of user sessions is reached.")
            case .redirect where !uri.hasSuffix("/"):
                return Answer(status: 308, headers: [("Location", uri + "/")])
            case .ignore: return Answer(status: 200, body: Answer.success)
            case .objectInside:
                return Answer(
                    status: 200,
                    body: [
                        "@Message.ExtendedInfo": [
                            [
                                "MessageId": "Base.1.18.PropertyNotUpdated", "Message": "The property was not updated.",
                                "MessageSeverity": "Warning",
                            ]
                        ]
                    ])
            default: continue
            }
        }
        return nil
    }

    /// What becomes of the answer on its way.
    private static func after(_ kinds: [Fault.Kind], _ answer: inout Answer, _ state: inout State) {
        for kind in kinds {
            switch kind {
            case .applyThenFail: answer = keepingDelay(answer, .error(500, "InternalError"))
            case .obeyAndAnswer(let status): answer = keepingDelay(answer, .error(status, "Simulated\(status)"))
            case .html:
                answer.raw = Array("<html><body><h1>Please log in</h1></body></html>".utf8)
                answer.contentType = "text/html"
            case .truncate: answer.raw = Array(answer.bytes.prefix(answer.bytes.count / 2))
            case .huge:
                answer.raw =
                    Array("[\"".utf8) + Array(repeating: UInt8(ascii: "x"), count: 10 << 20) + Array("\"]".utf8)
            case .wrongTypes: answer.body = answer.body.map(textual)
            case .drip: answer.wire = .drip(.milliseconds(20))
            case .cut: answer.wire = .cut
            case .stale: answer.wire = .stale
            case .clock: answer.headers.append(("Date", "Thu, 01 Jan 1970 00:00:10 GMT"))
            case .forgetSessions: state.sessions = [:]
            case .task(let end) where (200...299).contains(answer.status):
                let monitor = "/redfish/v1/TaskService/TaskMonitors/\(state.tasks.count + 1)"
                state.tasks[monitor] = SimulatedTask(end: end, obeyed: answer)
                answer = keepingDelay(answer, Answer(status: 202, headers: [("Location", monitor)]))
            default: continue
            }
        }
    }

    private static func keepingDelay(_ old: Answer, _ new: Answer) -> Answer {
        var new = new
        new.delay = old.delay
        return new
    }

    private static func textual(_ value: JSONValue) -> JSONValue {
        switch value {
        case .number(let number): return .string(number.text)
        case .array(let elements): return .array(elements.map(textual))
        case .object(let object):
            var changed = JSONObject()
            for member in object { changed[member.key] = textual(member.value) }
            return .object(changed)
        default: return value
        }
    }
}

// MARK: - Obeying

extension SimulatedBMC {
    private func respond(_ state: inout State, _ request: Request, _ kinds: [Fault.Kind]) -> Answer {
        let tree = tree(state)
        if let version = request.headers["odata-version"], version != "4.0" {
            return .error(412, "PreconditionFailed", "OData-Version \(version) is not supported.")
        }
        if let open = tree.open(request.path) {
            return request.isRead ? open : .error(405, "OperationNotAllowed")
        }
        if request.isLogin { return logIn(&state, request.body) }
        guard isAuthorized(state, request.headers) else { return .error(401, "NoValidSession") }
        switch request.method {
        case "GET", "HEAD":
            if var task = state.tasks[request.path] {
                defer { state.tasks[request.path] = task }
                return task.look()
            }
            if let session = session(at: request.path, state) { return Answer(status: 200, body: session) }
            guard let resource = tree.resource(request.path) else { return .error(404, "ResourceMissingAtURI") }
            state.timing.read(request.path, answeredAfter: state.delay.current)
            return Answer(status: 200, headers: etag(state).map { [("ETag", $0)] } ?? [], body: resource)
        case "DELETE" where tree.resource(request.path) != nil: return .error(405, "OperationNotAllowed")
        case "DELETE":
            let token = state.sessions.first { $0.value == request.path }?.key
            return Answer(status: token.flatMap { state.sessions.removeValue(forKey: $0) } == nil ? 404 : 204)
        case "PATCH", "POST":
            if tree.resource(request.path) != nil, !tree.methods(request.path).contains(request.method) {
                return .error(405, "OperationNotAllowed")
            }
            guard let json = try? JSONValue(parsing: request.body) else { return .error(400, "MalformedJSON") }
            state.timing.written(request.path)
            state.writes.append(Write(method: request.method, uri: request.path, body: json, at: .now))
            return write(&state, request, json, kinds)
        default: return .error(405, "OperationNotAllowed")
        }
    }

    private func write(
        _ state: inout State, _ request: Request, _ json: JSONValue, _ kinds: [Fault.Kind]
    ) -> Answer {
        let personality = state.machine.personality
        if request.method == "PATCH" {
            let tag = request.headers["if-match"]
            if let tag, tag != "*", tag != etag(state) { return .error(412, "PreconditionFailed") }
            if tag == nil, personality.requiresMatch { return .error(428, "PreconditionRequired") }
        }
        // A task that fails does nothing, and one that never ends has not yet.
        let isVain = kinds.contains(.task(.failure)) || kinds.contains(.task(.never))
        if request.path == MachinePaths(state.machine).reset { return reset(&state, json, isVain: isVain) }
        // What is not shown yet is not lost by the next write.
        var machine = state.late?.machine ?? state.machine
        do throws(PowerKnob.Refusal) {
            let isDone =
                request.method == "PATCH" ? try machine.patch(request.path, json) : try machine.post(request.path, json)
            guard isDone else { return .error(404, "ResourceMissingAtURI") }
        } catch {
            // Of many controls, those before the refused one are changed.
            state.machine = machine
            return .error(error.status, error.id, error.message)
        }
        for kind in kinds { machine.misunderstand(kind, since: state.machine) }
        if kinds.contains(.contend) || kinds.contains(.forgetWrites) {
            let before = state.undo.map { ($0.limit, $0.gpus) } ?? (state.machine.limit, state.machine.gpus)
            // May come between two steps of one change, as it does on real machines.
            let delay = Duration.milliseconds(700)
            state.undo = (.now + delay, before.0, before.1)
        }
        if kinds.contains(.lag) {
            state.late = (.now + .milliseconds(1500), machine)
        } else if !isVain {
            state.machine = machine
        }
        state.revision += 1
        switch personality.success {
        case .message: return Answer(status: 200, body: Answer.success)
        case .empty: return Answer(status: 204)
        case .resource: return Answer(status: 200, body: tree(state).resource(request.path))
        }
    }

    private func tree(_ state: State) -> RedfishTree {
        RedfishTree(
            machine: state.machine, sessions: state.faults.has(.noSessions) ? nil : Array(state.sessions.values))
    }

    private func etag(_ state: State) -> String? {
        switch state.machine.personality.tags {
        case .none: nil
        case .weak: "W/\"\(state.revision)\""
        case .strong: "\"\(state.revision)\""
        }
    }

    private func logIn(_ state: inout State, _ body: [UInt8]) -> Answer {
        if state.faults.has(.noSessions) { return .error(404, "ResourceMissingAtURI") }
        let json = try? JSONValue(parsing: body)
        guard json?["UserName"]?.string == username, json?["Password"]?.string == password else {
            return .error(401, "ResourceAtUriUnauthorized")
        }
        let token = (0..<4).map { _ in String(UInt32.random(in: 0x1000_0000 ... .max), radix: 16) }.joined()
        let location = "\(state.machine.personality.sessions)/\(state.nextSession)"
        state.nextSession += 1
        state.sessions[token] = location
        return Answer(
            status: 201, headers: [("X-Auth-Token", token), ("Location", location)],
            body: session(at: location, state))
    }

    private func session(at path: String, _ state: State) -> JSONValue? {
        guard state.sessions.values.contains(path) else { return nil }
        let id = String(path.split(separator: "/").last ?? "")
        return .object(
            tree(state).resource(path, "#Session.v1_7_0.Session", id, ["UserName": .string(username)]))
    }

    private func isAuthorized(_ state: State, _ headers: [String: String]) -> Bool {
        if let token = headers["x-auth-token"] { return state.sessions[token] != nil }
        guard let basic = headers["authorization"], basic.hasPrefix("Basic ") else { return false }
        return Data(base64Encoded: String(basic.dropFirst(6))) == Data("\(username):\(password)".utf8)
    }

    private func reset(_ state: inout State, _ body: JSONValue, isVain: Bool) -> Answer {
        guard let type = body["ResetType"]?.string else { return .error(400, "ActionParameterMissing") }
        guard state.machine.resetTypes.contains(type) else { return .error(400, "ActionParameterNotSupported") }
        if isVain { return Answer(status: 204) }
        state.revision += 1
        switch type {
        case "On", "ForceOn", "Resume": state.machine.powerState = "On"
        case "Suspend", "ForceOff": state.machine.powerState = "Off"
        case "Pause": state.machine.powerState = "Paused"
        case "GracefulShutdown", "Off": state.shutdownAt = .now + .seconds(state.faults.shutdownSeconds ?? 0.2)
        default: break
        }
        return Answer(status: 204)
    }
}
