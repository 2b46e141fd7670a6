import Shedding
import StrictJSON

/// A Node Manager with all that a decision about it needs, put together from its resources into one document:
///
/// | member | what |
/// |---|---|
/// | `NodeManager`, `Domain` | the resources themselves; the domain is that of the whole platform |
/// | `Policies` | the collection that a policy is created in |
/// | `Own` | the policies under this agent's name; more than one only where a BMC created it twice |
/// | `Foreign` | everybody else's, read only where something would have to be switched on |
/// | `Unread` | how many of those could not be read |
enum NodeManagerDocument {
    typealias Fetch = @Sendable (String) async throws(BMCFault) -> JSONValue

    /// The domain whose limit is that of the whole machine, at its mains.
    static let domain = "ACTotalPlatformPower"
    /// More policies than any Node Manager has room for.
    static let maximumPolicies = 64

    static func assemble(_ uri: String, owner name: String, fetch: Fetch) async throws(BMCFault) -> JSONValue {
        let manager = try await fetch(uri)
        let domain = try await Self.domain(of: manager, at: uri, fetch: fetch)
        let collection = Links.id(manager["Policies"]) ?? "\(uri)/Policies"
        let members = Links.members(try await fetch(collection)["Members"])
        var own: [JSONValue] = []
        var foreign: [JSONValue] = []
        var unread = max(0, members.count - maximumPolicies)
        let named = members.filter { isSame(Links.lastComponent($0), name) }
        let needsAll = named.isEmpty || isOff(manager) || isOff(domain)
        for member in needsAll ? Array(members.prefix(maximumPolicies)) : named {
            do {
                let policy = try await fetch(member)
                if isOwn(policy, at: member, name) {
                    own.append(placed(policy, member))
                } else {
                    foreign.append(policy)
                }
            } catch {
                // It is gone since; what cannot be read otherwise may be anything.
                guard error.kind != .unsupported else { continue }
                guard [.invalidAnswer, .unauthorized, .refused].contains(error.kind) else { throw error }
                guard !isSame(Links.lastComponent(member), name) else { throw error }
                unread += 1
            }
        }
        var document = JSONObject()
        document["NodeManager"] = manager
        document["Domain"] = domain
        document["Policies"] = .string(collection)
        document["Own"] = .array(own)
        document["Foreign"] = .array(foreign)
        document["Unread"] = .number(JSONNumber(unread))
        return .object(document)
    }

    /// The domain by its usual address, else among all.
    static func domain(of manager: JSONValue, at uri: String, fetch: Fetch) async throws(BMCFault) -> JSONValue {
        let collection = Links.id(manager["Domains"]) ?? "\(uri)/Domains"
        do {
            return try await fetch("\(collection)/\(domain)")
        } catch {
            guard error.kind == .unsupported else { throw error }
        }
        let members = Links.members(try await fetch(collection)["Members"])
        guard let member = members.first(where: { isSame(Links.lastComponent($0), domain) }) else {
            throw BMCFault(.unsupported, "\(uri) has no domain of the whole platform (\(domain))")
        }
        return try await fetch(member)
    }

    static func isOff(_ resource: JSONValue?) -> Bool { resource?["Status", "State"]?.string == "Disabled" }

    private static func isOwn(_ policy: JSONValue, at uri: String, _ name: String) -> Bool {
        ([Links.lastComponent(uri)] + [policy["Id"], policy["Name"]].compactMap { $0?.string })
            .contains { isSame($0, name) }
    }

    private static func isSame(_ left: String, _ right: String) -> Bool { left.lowercased() == right.lowercased() }

    private static func placed(_ policy: JSONValue, _ uri: String) -> JSONValue {
        var object = policy.object ?? JSONObject()
        object["@odata.id"] = .string(uri)
        return .object(object)
    }
}
