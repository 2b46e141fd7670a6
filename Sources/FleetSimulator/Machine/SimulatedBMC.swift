public import Inventory
import Foundation
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

    /// An answer, and how long it takes.
    struct Answer {
        var status: Int
        var headers: [(String, String)] = []
        var body: JSONValue?
        /// nil: never.
        var delay: Duration? = .zero
    }

    private struct State {
        var machine: SimulatedMachine
        var sessions: [String: String] = [:]
        var nextSession = 1
        var revision = 1
        var faults: Set<Fault> = []
        var writes: [Write] = []
        var requests = 0
        var inFlight = 0
        var mostInFlight = 0
        var latency = Duration.zero
        var shutdownAt: ContinuousClock.Instant?
    }

    public let address: BMC.Address
    private let username: String
    private let password: String
    private let state: Mutex<State>

    public init(address: BMC.Address, machine: SimulatedMachine, username: String, password: String) {
        self.address = address
        self.username = username
        self.password = password
        state = Mutex(State(machine: machine))
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
        get { state.withLock { $0.faults } }
        set { state.withLock { $0.faults = newValue } }
    }

    public var latency: Duration {
        get { state.withLock { $0.latency } }
        set { state.withLock { $0.latency = newValue } }
    }

    public var writes: [Write] { state.withLock { $0.writes } }
    public var openSessions: Int { state.withLock { $0.sessions.count } }
    /// The most requests that were ever being answered at once.
    public var mostRequestsAtOnce: Int { state.withLock { $0.mostInFlight } }

    // MARK: The network's side

    func answer(method: String, uri: String, headers: [String: String], body: [UInt8]) -> Answer {
        state.withLock { state in
            state.requests += 1
            state.inFlight += 1
            state.mostInFlight = max(state.mostInFlight, state.inFlight)
            Self.advance(&state)
            if state.faults.remove(.forgetSessions) != nil { state.sessions = [:] }
            var answer = respond(&state, method: method, uri: uri, headers: headers, body: body)
            if answer.delay != nil { answer.delay = state.latency }
            if state.faults.contains(.hang) { answer.delay = nil }
            return answer
        }
    }

    func finished() { state.withLock { $0.inFlight -= 1 } }

    private static func advance(_ state: inout State) {
        if let at = state.shutdownAt, ContinuousClock.now >= at {
            state.machine.powerState = "Off"
            state.shutdownAt = nil
        }
    }

    private func respond(
        _ state: inout State, method: String, uri: String, headers: [String: String], body: [UInt8]
    ) -> Answer {
        let path = uri.hasSuffix("/") ? String(uri.dropLast()) : uri
        if path == "/redfish/v1", method == "GET" { return Answer(status: 200, body: tree(state).root) }
        for case .status(let status) in state.faults { return Self.error(status, "Simulated.\(status)") }
        if path == "/redfish/v1/SessionService/Sessions", method == "POST" { return logIn(&state, body) }
        guard isAuthorized(state, headers) else { return Self.error(401, "Base.1.0.NoValidSession") }
        switch method {
        case "GET":
            guard let resource = tree(state).resource(path) else {
                return Self.error(404, "Base.1.0.ResourceMissingAtURI")
            }
            return Answer(status: 200, headers: [("ETag", "W/\"\(state.revision)\"")], body: resource)
        case "DELETE":
            let token = state.sessions.first { $0.value == path }?.key
            return Answer(status: token.flatMap { state.sessions.removeValue(forKey: $0) } == nil ? 404 : 204)
        case "PATCH", "POST":
            guard let json = try? JSONValue(parsing: body) else { return Self.error(400, "Base.1.0.MalformedJSON") }
            state.writes.append(Write(method: method, uri: path, body: json, at: .now))
            for case .busyWrites(let count) in state.faults {
                state.faults.remove(.busyWrites(count))
                if count > 1 { state.faults.insert(.busyWrites(count - 1)) }
                var busy = Self.error(503, "Base.1.0.ServiceTemporarilyUnavailable")
                busy.headers.append(("Retry-After", "1"))
                return busy
            }
            if let tag = headers["if-match"], tag != "*", tag != "W/\"\(state.revision)\"", method == "PATCH" {
                return Self.error(412, "Base.1.0.PreconditionFailed")
            }
            if state.faults.contains(.ignoreWrites) { return Answer(status: 200, body: Self.success) }
            let answer = method == "PATCH" ? patch(&state, path, json) : reset(&state, path, json)
            return state.faults.contains(.applyThenFail) ? Self.error(500, "Base.1.0.InternalError") : answer
        default:
            return Self.error(405, "Base.1.0.OperationNotAllowed")
        }
    }

    private func tree(_ state: State) -> RedfishTree {
        RedfishTree(machine: state.machine, hasSessions: !state.faults.contains(.noSessions))
    }

    private func logIn(_ state: inout State, _ body: [UInt8]) -> Answer {
        if state.faults.contains(.noSessions) { return Self.error(404, "Base.1.0.ResourceMissingAtURI") }
        let json = try? JSONValue(parsing: body)
        guard json?["UserName"]?.string == username, json?["Password"]?.string == password else {
            return Self.error(401, "Base.1.0.ResourceAtUriUnauthorized")
        }
        let token = "token-\(state.nextSession)-\(UInt64.random(in: 0 ... .max))"
        let location = "/redfish/v1/SessionService/Sessions/\(state.nextSession)"
        state.nextSession += 1
        state.sessions[token] = location
        return Answer(status: 201, headers: [("X-Auth-Token", token), ("Location", location)], body: ["Id": "session"])
    }

    private func isAuthorized(_ state: State, _ headers: [String: String]) -> Bool {
        if let token = headers["x-auth-token"] { return state.sessions[token] != nil }
        guard let basic = headers["authorization"], basic.hasPrefix("Basic ") else { return false }
        return Data(base64Encoded: String(basic.dropFirst(6))) == Data("\(username):\(password)".utf8)
    }

    private func patch(_ state: inout State, _ path: String, _ body: JSONValue) -> Answer {
        let places = RedfishTree.Paths(state.machine)
        var refusal: String?
        if let id = state.machine.gpus.keys.first(where: { path == places.gpuMetrics($0) }) {
            guard let members = body["PowerLimitWatts"]?.object else {
                return Self.error(400, "Base.1.0.PropertyMissing")
            }
            refusal = state.machine.gpus[id]?.apply(members)
        } else if path == places.limit(state.machine.limit.shape) {
            let members: JSONObject?
            switch state.machine.limit.shape {
            case .environmentMetrics: members = body["PowerLimitWatts"]?.object
            case .control: members = body.object
            case .powerControl: members = body["PowerControl"]?.array?.first?["PowerLimit"]?.object
            }
            guard let members else { return Self.error(400, "Base.1.0.PropertyMissing") }
            refusal = state.machine.limit.apply(members)
        } else {
            return Self.error(404, "Base.1.0.ResourceMissingAtURI")
        }
        if let refusal { return Self.error(400, "Base.1.0.PropertyValueError", refusal) }
        state.revision += 1
        return Answer(status: 200, body: Self.success)
    }

    private func reset(_ state: inout State, _ path: String, _ body: JSONValue) -> Answer {
        guard path == RedfishTree.Paths(state.machine).reset, let type = body["ResetType"]?.string else {
            return Self.error(404, "Base.1.0.ResourceMissingAtURI")
        }
        guard state.machine.resetTypes.contains(type) else {
            return Self.error(400, "Base.1.0.ActionParameterNotSupported")
        }
        state.revision += 1
        switch type {
        case "On", "ForceOn", "Resume": state.machine.powerState = "On"
        case "Suspend": state.machine.powerState = "Off"
        case "Pause": state.machine.powerState = "Paused"
        case "GracefulShutdown":
            let seconds = state.faults.compactMap { if case .slowShutdown(let seconds) = $0 { seconds } else { nil } }
                .first
            state.shutdownAt = .now + .seconds(seconds ?? 0.2)
        case "ForceOff": state.machine.powerState = "Off"
        default: break
        }
        return Answer(status: 204)
    }

    private static let success: JSONValue = [
        "@Message.ExtendedInfo": [["MessageId": "Base.1.0.Success", "Message": "The request completed successfully."]]
    ]

    private static func error(_ status: Int, _ id: String, _ message: String? = nil) -> Answer {
        Answer(
            status: status,
            body: [
                "error": [
                    "code": .string(id), "message": .string(message ?? id),
                    "@Message.ExtendedInfo": [["MessageId": .string(id), "Message": .string(message ?? id)]],
                ]
            ])
    }
}
