import Curl
import StrictJSON
import Synchronization

@testable import Redfish

/// A DGX H100 whose Node Manager does what its schema says: creates, changes and deletes policies, and switches states.
final class NodeManagerBMC: HTTPTransport {
    static let uri = "/redfish/v1/Managers/BMC/NodeManager"
    static let policies = "\(uri)/Policies"
    static let domain = "\(uri)/Domains/ACTotalPlatformPower"
    static let own = "\(policies)/ima-prod"

    private struct Script {
        /// Of the next writes, so many are obeyed without an answer that arrives.
        var unanswered = 0
        /// What Ids policies get instead of those that they are given.
        var numbers = false
        var created = 0
    }

    let tree: TreeBMC
    private let script = Mutex(Script())

    init(_ documents: WholeTrees.Documents = NodelessTrees.dgxH100) {
        var all = documents
        all["/redfish/v1/Managers/BMC"] = ["Id": "BMC", "NodeManager": TreeBMC.link(Self.uri)]
        all[Self.uri] = [
            "@odata.type": "#NodeManager.v1_0_0.NodeManager", "Id": "NodeManager",
            "Domains": TreeBMC.link("\(Self.uri)/Domains"), "Policies": TreeBMC.link(Self.policies),
            "Status": ["State": "Disabled"],
            "Actions": ["#NodeManager.ChangeState": ["target": .string("\(Self.uri)/Actions/NodeManager.ChangeState")]],
        ]
        all["\(Self.uri)/Domains"] = TreeBMC.members("\(Self.uri)/Domains/CPUSubsystem", Self.domain)
        all[Self.domain] = [
            "@odata.type": "#NmDomain.v1_4_0.Domain", "Id": "ACTotalPlatformPower", "Status": ["State": "Disabled"],
            "Capabilities": ["Min": 2000, "Max": 10_200],
            "Actions": ["#NmDomain.ChangeState": ["target": .string("\(Self.domain)/Actions/NmDomain.ChangeState")]],
        ]
        all[Self.policies] = TreeBMC.members()
        tree = TreeBMC(all)
    }

    func loseAnswers(_ count: Int) { script.withLock { $0.unanswered = count } }

    /// Gives policies Ids of its own, under the name that was asked for.
    func numberPolicies() { script.withLock { $0.numbers = true } }

    /// Somebody else's.
    func addPolicy(_ id: String, exception: String, state: String = "Enabled") {
        add(
            "\(Self.policies)/\(id)",
            [
                "Id": .string(id), "Limit": 3000, "LimitException": .string(exception),
                "Status": ["State": .string(state)],
            ])
    }

    func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        let uri = String(request.url.dropFirst(FakeBMC.base.count))
        guard request.method != .get, !uri.hasSuffix("/Sessions"), uri.hasPrefix(Self.uri) else {
            return try await tree.send(request)
        }
        let response = try await obey(request, uri)
        let isLost = script.withLock { script in
            defer { script.unanswered = max(0, script.unanswered - 1) }
            return script.unanswered > 0
        }
        if isLost {
            throw CurlError(kind: .connectionLost, url: request.url, message: "scripted", mayHaveBeenObeyed: true)
        }
        return response
    }

    private func obey(_ request: HTTPRequest, _ uri: String) async throws -> HTTPResponse {
        switch request.method {
        case .post where uri == Self.policies:
            _ = try await tree.send(request)
            let body = request.body.flatMap { try? JSONValue(parsing: $0) } ?? .null
            var policy = body.object ?? JSONObject()
            let (number, isNumbered) = script.withLock { script in
                script.created += 1
                return (script.created, script.numbers)
            }
            let id = isNumbered ? String(number) : body["Id"]?.string ?? "?"
            if isNumbered { policy["Name"] = body["Id"] }
            policy["Id"] = .string(id)
            guard tree.documents["\(Self.policies)/\(id)"] == nil else { return Self.answer(400) }
            add("\(Self.policies)/\(id)", .object(policy))
            return Self.answer(201)
        case .post where uri.contains("/Actions/"):
            _ = try await tree.send(request)
            let resource = String(uri.split(separator: "/Actions/")[0])
            let state = request.body.flatMap { try? JSONValue(parsing: $0) }?["State"] ?? .null
            var json = tree.documents[resource]?.object ?? JSONObject()
            json["Status"] = ["State": state]
            tree.set(resource, .object(json))
            return Self.answer(204)
        case .delete:
            guard tree.documents[uri] != nil else { return Self.answer(404) }
            tree.set(uri, nil)
            let left = links.filter { $0 != uri }
            tree.set(Self.policies, ["Members": .array(left.map(TreeBMC.link))])
            return Self.answer(204)
        default: return try await tree.send(request)
        }
    }

    private var links: [String] { Links.members(tree.documents[Self.policies]?["Members"]) }

    private func add(_ uri: String, _ policy: JSONValue) {
        tree.set(uri, policy)
        tree.set(Self.policies, ["Members": .array((links + [uri]).map(TreeBMC.link))])
    }

    private static func answer(_ status: Int) -> HTTPResponse {
        HTTPResponse(status: status, headers: [], body: [], elapsed: .zero)
    }
}
