import Curl
import PowerEvents
import Redfish
import Shedding
import Site
import StrictJSON
import Synchronization

/// A BMC that answers from a table, for tests of the conversation itself.
final class FakeBMC: HTTPTransport {
    struct Answer: Sendable {
        var status = 200
        var headers: [(name: String, value: String)] = []
        var body: JSONValue?
        /// Instead of ``body``.
        var bytes: [UInt8]?
        var error: CurlError.Kind?
        var mayHaveBeenObeyed = true
    }

    struct Seen: Sendable {
        let method: HTTPRequest.Method
        let uri: String
        let headers: [String: String]
        let body: JSONValue?
        let fresh: Bool
        let timeout: Duration
        let decodes: Bool
    }

    private struct State {
        var resources: [String: JSONValue]
        var seen: [Seen] = []
        /// Answers for the next requests of a method, before the table is looked at.
        var scripted: [HTTPRequest.Method: [Answer]] = [:]
        /// What the next requests of a method change.
        var effects: [HTTPRequest.Method: [(uri: String, json: JSONValue)]] = [:]
        /// Answers to the next logins; the last of them to all further ones.
        var logins: [Answer] = []
        var refusesBasic = false
    }

    private let state: Mutex<State>
    static let base = "https://10.0.0.1"
    static let sessions = "/redfish/v1/SessionService/Sessions"
    static let session = sessions + "/1"

    init(_ resources: [String: JSONValue]) {
        var all = resources
        all["/redfish/v1/"] = [
            "UUID": "root-uuid", "Links": ["Sessions": ["@odata.id": "/redfish/v1/SessionService/Sessions"]],
            "Systems": ["@odata.id": "/redfish/v1/Systems"], "Chassis": ["@odata.id": "/redfish/v1/Chassis"],
        ]
        state = Mutex(State(resources: all))
    }

    func script(_ method: HTTPRequest.Method, _ answers: Answer...) {
        state.withLock { $0.scripted[method, default: []] += answers }
    }

    /// How logins are answered from now on, one after another; the last answer stays.
    func answerLogins(_ answers: Answer...) { state.withLock { $0.logins = answers } }

    /// Whatever comes with Basic authentication is answered by 401.
    func refuseBasic() { state.withLock { $0.refusesBasic = true } }

    /// The next requests of a method each leave the resource like one of these.
    func after(_ method: HTTPRequest.Method, _ uri: String, becomes json: JSONValue...) {
        state.withLock { $0.effects[method, default: []] += json.map { (uri, $0) } }
    }

    func set(_ uri: String, _ json: JSONValue?) { state.withLock { $0.resources[uri] = json } }
    var seen: [Seen] { state.withLock { $0.seen } }
    func seen(_ method: HTTPRequest.Method) -> [Seen] { seen.filter { $0.method == method } }

    func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        let uri = String(request.url.dropFirst(Self.base.count))
        let answer = state.withLock { state -> Answer in
            state.seen.append(
                Seen(
                    method: request.method, uri: uri,
                    headers: Dictionary(request.headers.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }),
                    body: request.body.flatMap { try? JSONValue(parsing: $0) }, fresh: request.freshConnection,
                    timeout: request.timeout, decodes: request.decodesContent))
            if state.refusesBasic, request.headers.contains(where: { $0.name == "Authorization" }) {
                return Answer(status: 401)
            }
            let isLogin = uri.hasSuffix("/Sessions") && request.method == .post
            if !isLogin, state.scripted[request.method]?.isEmpty == false {
                return state.scripted[request.method]?.removeFirst() ?? Answer()
            }
            if isLogin {
                if state.logins.count > 1 { return state.logins.removeFirst() }
                if let always = state.logins.first { return always }
                return Answer(
                    status: 201, headers: [("X-Auth-Token", "t\(state.seen.count)"), ("Location", Self.session)])
            }
            if !isLogin, state.effects[request.method]?.isEmpty == false,
                let effect = state.effects[request.method]?.removeFirst()
            {
                state.resources[effect.uri] = effect.json
            }
            if request.method == .get {
                return state.resources[uri].map { Answer(body: $0) } ?? Answer(status: 404)
            }
            return Answer(status: 204)
        }
        if let kind = answer.error {
            throw CurlError(
                kind: kind, url: request.url, message: "scripted", mayHaveBeenObeyed: answer.mayHaveBeenObeyed)
        }
        return HTTPResponse(
            status: answer.status, headers: answer.headers, body: answer.bytes ?? answer.body?.bytes ?? [],
            elapsed: .zero)
    }

    // MARK: What tests ask it

    static let bmc: BMC = {
        guard let address = BMC.Address(base) else { preconditionFailure("a literal address") }
        return BMC(address: address, credentials: "c", trust: .unverified)
    }()

    var client: BMCClient { client() }

    func client(
        through transport: (any HTTPTransport)? = nil, password: String = "p", logins: LoginRecord = LoginRecord(),
        options: RedfishOptions = RedfishOptions()
    ) -> BMCClient {
        BMCClient(
            bmc: Self.bmc, credentials: CredentialReference(username: "u", secret: .value(password)),
            transport: transport ?? self, options: options, logins: logins)
    }

    static func entry(
        _ type: ResourceType, _ facet: ControlKey.Facet = .powerLimit, pins: Resource.Pins = Resource.Pins()
    ) -> ControlEntry {
        ControlEntry(key: ControlKey(resource: "r", facet: facet), type: type, bmc: bmc, pins: pins)
    }

    static func members(_ uris: String...) -> JSONValue {
        ["Members": .array(uris.map { ["@odata.id": .string($0)] })]
    }

    static func link(_ uri: String) -> JSONValue { ["@odata.id": .string(uri)] }
}
