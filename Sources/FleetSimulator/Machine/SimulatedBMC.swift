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
        /// Who asked, as its `User-Agent` says.
        public let client: String
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

    public let address: BMC.Address
    private let username: String
    private let password: String
    private let state: Mutex<BMCState>
    private let gauge: RequestGauge

    /// - Parameters:
    ///   - gauge: shared by the BMCs of a fleet
    ///   - clock: of the machine's power and meters
    public init(
        address: BMC.Address, machine: SimulatedMachine, username: String, password: String,
        gauge: RequestGauge = RequestGauge(), clock: FleetClock = .live
    ) {
        self.gauge = gauge
        self.address = address
        self.username = username
        self.password = password
        state = Mutex(BMCState(machine: machine, address: address.description, clock: clock))
    }

    // MARK: The tester's side

    public var machine: SimulatedMachine {
        get {
            state.withLock { state in
                state.advance()
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
        set {
            state.withLock { state in
                state.faults.all = newValue
                guard state.faults.has(.meterStale) else {
                    state.frozen = nil
                    return
                }
                if state.frozen == nil { state.frozen = state.power }
            }
        }
    }

    /// What the machine really draws now, whatever its meters show.
    public var power: MachinePower {
        state.withLock { state in
            state.advance()
            return state.power
        }
    }

    /// What the machine would come to draw if nothing limited it: what the schedulers of its jobs can tell.
    public var demand: Double {
        state.withLock { state in
            state.advance()
            return PowerInputs(state.machine).unlimited
        }
    }

    /// Changes the share of its work that a scheduler lets the machine do, and the work that nobody schedules.
    ///
    /// - Parameters: from 0 to 1; nil leaves it as it is
    public func schedule(admitted: Double? = nil, unscheduled: Double? = nil) {
        state.withLock { state in
            state.machine.admitted = admitted ?? state.machine.admitted
            state.machine.unscheduled = unscheduled ?? state.machine.unscheduled
        }
    }

    /// Changes what the machine has to do, and what it draws apart from limits, which no Redfish resource shows.
    public func work(_ change: (inout DrawModel, _ workload: inout Double) -> Void) {
        state.withLock { state in
            var (draw, workload) = (state.machine.draw, state.machine.workload)
            change(&draw, &workload)
            (state.machine.draw, state.machine.workload) = (draw, workload)
        }
    }

    /// Adds a Node Manager policy as somebody else would.
    ///
    /// - Returns: whether the BMC has a Node Manager
    @discardableResult
    public func plant(_ policy: NodeManager.Policy) -> Bool {
        state.withLock { state in
            guard state.machine.nodeManager != nil else { return false }
            state.machine.nodeManager?.policies.removeAll { $0.id == policy.id }
            state.machine.nodeManager?.policies.append(policy)
            state.revision += 1
            return true
        }
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

    /// Whom it never answers, by their `User-Agent`: the network between the two is cut.
    public var silentTo: Set<String> {
        get { state.withLock { $0.silentTo } }
        set { state.withLock { $0.silentTo = newValue } }
    }

    /// How many requests a fault has met since it was set.
    public func met(_ fault: Fault) -> Int { state.withLock { $0.faults.met(fault) } }

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
    public var maximumRequestsAtOnce: Int { state.withLock { $0.maximumInFlight } }

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
            state.maximumInFlight = max(state.maximumInFlight, state.inFlight)
            state.advance()
            let path = String(uri.prefix { $0 != "?" })
            let plain = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
            let sessions = state.machine.personality.sessions
            // A POST to the members is one to the collection (DSP0266, 7.9).
            let isLogin = method == "POST" && [sessions, sessions + "/Members"].contains(plain)
            let request = Request(method: method, path: plain, headers: headers, body: body, isLogin: isLogin)
            if let client = headers["user-agent"], state.silentTo.contains(client) {
                var silence = Answer.error(503, "ServiceTemporarilyUnavailable")
                silence.delay = nil
                return silence
            }
            state.delay.draw()
            let kinds = state.faults.meeting(method: method, path: plain, isLogin: isLogin)
            var answer = FaultEffects.before(kinds, request, uri: path) ?? respond(&state, request, kinds)
            answer.headers += ProtocolHeaders.of(request, answer, tree(state, []))
            answer.delay = answer.delay == nil || kinds.contains(.hang) ? nil : state.delay.current
            FaultEffects.after(kinds, &answer, &state)
            return answer
        }
    }

    func finished() {
        gauge.ended()
        state.withLock { $0.inFlight -= 1 }
    }
}

// MARK: - Obeying

extension SimulatedBMC {
    private func respond(_ state: inout BMCState, _ request: Request, _ kinds: [Fault.Kind]) -> Answer {
        let tree = tree(state, kinds)
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
        case "DELETE" where tree.methods(request.path).contains("DELETE"): return delete(&state, request)
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
            state.writes.append(
                Write(
                    method: request.method, uri: request.path, body: json,
                    client: request.headers["user-agent"] ?? "", at: .now))
            return write(&state, request, json, kinds)
        default: return .error(405, "OperationNotAllowed")
        }
    }

    private func write(
        _ state: inout BMCState, _ request: Request, _ json: JSONValue, _ kinds: [Fault.Kind]
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
        var posted = SimulatedMachine.Posted.nothing
        do throws(PowerKnob.Refusal) {
            if request.method == "POST" {
                posted = try machine.post(request.path, json)
            } else if try machine.patch(request.path, json) {
                posted = .done
            }
            if case .nothing = posted { return .error(404, "ResourceMissingAtURI") }
        } catch {
            // Of many controls, those before the refused one are changed.
            state.machine = machine
            return .error(error.status, error.id, error.message)
        }
        for kind in kinds { machine.misunderstand(kind, since: state.machine) }
        if kinds.contains(.contend) || kinds.contains(.forgetWrites) {
            let before = state.undo?.machine ?? state.machine
            // May come between two steps of one change, as it does on real machines.
            let delay = Duration.milliseconds(700)
            state.undo = BMCState.Pending(at: .now + delay, machine: before)
        }
        if kinds.contains(.lag) {
            state.late = BMCState.Pending(at: .now + .milliseconds(1500), machine: machine)
        } else if !isVain {
            state.machine = machine
        }
        state.revision += 1
        if case .made(let uri) = posted {
            let tellsLocation = personality.nodeManager?.tellsLocation == true
            return Answer(
                status: 201, headers: tellsLocation ? [("Location", uri)] : [],
                body: tree(state, kinds).resource(uri) ?? Answer.success)
        }
        switch personality.success {
        case .message: return Answer(status: 200, body: Answer.success)
        case .empty: return Answer(status: 204)
        case .resource: return Answer(status: 200, body: tree(state, kinds).resource(request.path))
        }
    }

    /// Of a Node Manager policy; nothing else that has to do with power can be deleted.
    private func delete(_ state: inout BMCState, _ request: Request) -> Answer {
        state.timing.written(request.path)
        state.writes.append(
            Write(
                method: request.method, uri: request.path, body: .null, client: request.headers["user-agent"] ?? "",
                at: .now))
        do throws(PowerKnob.Refusal) {
            try state.machine.delete(request.path)
        } catch {
            return .error(error.status, error.id, error.message)
        }
        state.revision += 1
        return Answer(status: 204)
    }

    private func tree(_ state: BMCState, _ kinds: [Fault.Kind]) -> RedfishTree {
        RedfishTree(
            machine: state.machine, sessions: state.faults.has(.noSessions) ? nil : Array(state.sessions.values),
            meters: state.meters(kinds))
    }

    private func etag(_ state: BMCState) -> String? {
        switch state.machine.personality.tags {
        case .none: nil
        case .weak: "W/\"\(state.revision)\""
        case .strong: "\"\(state.revision)\""
        }
    }

    private func logIn(_ state: inout BMCState, _ body: [UInt8]) -> Answer {
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

    private func session(at path: String, _ state: BMCState) -> JSONValue? {
        guard state.sessions.values.contains(path) else { return nil }
        let id = String(path.split(separator: "/").last ?? "")
        return .object(
            tree(state, []).resource(path, "#Session.v1_7_0.Session", id, ["UserName": .string(username)]))
    }

    private func isAuthorized(_ state: BMCState, _ headers: [String: String]) -> Bool {
        if let token = headers["x-auth-token"] { return state.sessions[token] != nil }
        guard let basic = headers["authorization"], basic.hasPrefix("Basic ") else { return false }
        return Data(base64Encoded: String(basic.dropFirst(6))) == Data("\(username):\(password)".utf8)
    }

    private func reset(_ state: inout BMCState, _ body: JSONValue, isVain: Bool) -> Answer {
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
