import Curl
import PowerEvents
import Shedding
import Site
import StrictJSON
import Synchronization

@testable import Redfish

/// A BMC that is its documents: a PATCH is merged into them, as DSP0266 has it, and everything else is read only.
final class TreeBMC: HTTPTransport {
    struct Write: Sendable, Hashable {
        let uri: String
        let body: JSONValue?
    }

    private struct State {
        var documents: [String: JSONValue]
        /// What a GET of a resource is answered with instead, and how often.
        var trouble: [String: (status: Int, times: Int)] = [:]
        var writes: [Write] = []
        var reads: [String] = []
    }

    private let state: Mutex<State>

    init(_ documents: [String: JSONValue], root: [(String, JSONValue)] = []) {
        var all = documents
        var service = JSONObject()
        service["Links"] = ["Sessions": Self.link("/redfish/v1/SessionService/Sessions")]
        for name in ["Systems", "Chassis"] { service[name] = Self.link("/redfish/v1/\(name)") }
        for (key, value) in root { service[key] = value }
        all["/redfish/v1/"] = .object(service)
        state = Mutex(State(documents: all))
    }

    var documents: [String: JSONValue] { state.withLock { $0.documents } }
    var writes: [Write] { state.withLock { $0.writes } }
    var reads: [String] { state.withLock { $0.reads } }

    func set(_ uri: String, _ json: JSONValue?) { state.withLock { $0.documents[uri] = json } }

    /// - Parameter times: how many reads it spoils; all, where it is not given
    func spoil(_ uri: String, _ status: Int, times: Int = .max) {
        state.withLock { $0.trouble[uri] = (status, times) }
    }

    func value(_ uri: String, _ path: String...) -> JSONValue? {
        var value = documents[uri]
        for key in path { value = Int(key).flatMap { value?.array?[$0] } ?? value?[key] }
        return value
    }

    func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        let uri = String(request.url.dropFirst(FakeBMC.base.count))
        let body = request.body.flatMap { try? JSONValue(parsing: $0) }
        return state.withLock { state in
            switch request.method {
            case .get:
                state.reads.append(uri)
                if let (status, times) = state.trouble[uri], times > 0 {
                    state.trouble[uri] = (status, times - 1)
                    return Self.answer(status, status == 200 ? Array("<html>".utf8) : [])
                }
                guard let json = state.documents[uri] else { return Self.answer(404, []) }
                return Self.answer(200, json.bytes)
            case .post where uri.hasSuffix("/Sessions"):
                return HTTPResponse(
                    status: 201, headers: [("X-Auth-Token", "t"), ("Location", "/redfish/v1/S/1")], body: [],
                    elapsed: .zero)
            case .patch:
                state.writes.append(Write(uri: uri, body: body))
                guard let old = state.documents[uri], let body else { return Self.answer(404, []) }
                state.documents[uri] = Self.merged(old, body)
                return Self.answer(204, [])
            // The end of a session.
            case .delete: return Self.answer(204, [])
            default:
                state.writes.append(Write(uri: uri, body: body))
                return Self.answer(204, [])
            }
        }
    }

    private static func answer(_ status: Int, _ body: [UInt8]) -> HTTPResponse {
        HTTPResponse(status: status, headers: [], body: body, elapsed: .zero)
    }

    /// Objects member by member, arrays element by element (DSP0266, 7.5).
    private static func merged(_ old: JSONValue, _ new: JSONValue) -> JSONValue {
        if var object = old.object, let changes = new.object {
            for member in changes { object[member.key] = merged(object[member.key] ?? .null, member.value) }
            return .object(object)
        }
        if var elements = old.array, let changes = new.array {
            for (index, change) in changes.enumerated() where elements.indices.contains(index) {
                elements[index] = merged(elements[index], change)
            }
            return .array(elements)
        }
        return new
    }

    // MARK: What tests ask it

    static func link(_ uri: String) -> JSONValue { ["@odata.id": .string(uri)] }
    static func links(_ uris: String...) -> JSONValue { .array(uris.map(link)) }
    static func members(_ uris: String...) -> JSONValue { ["Members": .array(uris.map(link))] }

    var client: BMCClient {
        BMCClient(
            bmc: FakeBMC.bmc, credentials: CredentialReference(username: "u", secret: .value("p")), transport: self)
    }

    /// Brings a control to a goal as the agent does; waits take no time.
    static func converge(
        _ entry: inout ControlEntry, _ goal: Convergence.Goal, through client: BMCClient
    ) async -> Outcome {
        var policy = Policy()
        policy.retries = 3
        let start = Timestamp(milliseconds: 1_800_000_000_000)
        var now = start
        var convergence = Convergence(
            entry: entry, goal: goal, terms: .init(floor: nil, policy: policy, deadline: start + .seconds(600)))
        var step = convergence.start()
        while true {
            switch step {
            case .read: step = convergence.didRead(await client.read(convergence.entry), now: now)
            case .record: step = convergence.didRecord()
            case .write(let write):
                step = convergence.didWrite(await client.write(write, convergence.entry), now: now)
            case .wait(let duration):
                now = now + duration
                step = convergence.didWait(now: now)
            case .postpone: return .failed(.internal("postponed, although nobody shares the site"))
            case .finish(let outcome):
                entry = convergence.entry
                return outcome
            }
        }
    }
}
