import Curl
import Inventory
import Shedding
import StrictJSON

/// Sessions: opened, renewed, ended.
extension RedfishConversation {
    private mutating func logIn(context: RequestContext) async throws(BMCFault) {
        // A root read moments ago, before the first login, is as good as a new one.
        if generation > 0 { root = nil }
        generation += 1
        if let known = sessionsURI {
            if try await logIn(at: known, context: context) { return }
            // It may stand elsewhere since an update.
            sessionsURI = nil
        }
        let root = try await serviceRoot(context: context)
        guard
            let uri = Links.id(root["Links", "Sessions"])
                ?? Links.id(root["SessionService"]).map({ $0 + "/Sessions" })
        else {
            session.state = .basic
            return
        }
        if try await logIn(at: uri, context: context) { sessionsURI = uri }
    }

    /// - Returns: whether there is a session now
    private mutating func logIn(at uri: String, context: RequestContext) async throws(BMCFault) -> Bool {
        let leftovers = await ledger?.takeLeftovers(on: bmc.address) ?? []
        let opened = try await openSession(uri, context: context)
        let ended = await endLeftovers(leftovers)
        // Our own forgotten sessions may have been the ones that were too many.
        guard !opened, ended > 0 else { return opened }
        return try await openSession(uri, context: context)
    }

    /// - Returns: whether there is a session now; otherwise Basic authentication is used, which costs more, but works
    ///   without a session service and where all of its few sessions are taken
    private mutating func openSession(_ uri: String, context: RequestContext) async throws(BMCFault) -> Bool {
        let body: JSONValue
        do { body = try session.loginBody() } catch { throw BMCFault(.unauthorized, "\(error)") }
        // Cut off by a cancellation, the session would be there and nobody know of it; BMCs have few.
        let response = try await exchange(
            .post, uri, body: body, authorized: false, isKept: true, context: context
        ).response
        switch response.status {
        case 200...299:
            guard let token = response.header("X-Auth-Token") else {
                session.state = .basic
                return false
            }
            let json = try? JSONValue(parsing: response.body, limits: JSONLimits(depth: 16))
            let location = (response.header("Location") ?? Links.id(json)).flatMap(localPath)
            session.state = .token(token, location: location)
            if let location { await ledger?.opened(location, on: bmc.address) }
            return true
        case 400, 401, 403:
            throw BMCFault(.unauthorized, "the BMC refused the login" + Self.said(response))
        default:
            session.state = .basic
            return false
        }
    }

    /// Ends sessions that an earlier process of this agent left, if they still are that: a BMC that was restarted may
    /// have given their numbers to others.
    private mutating func endLeftovers(_ locations: [String]) async -> Int {
        var ended = 0
        for location in locations {
            if case .token(_, location) = session.state { continue }
            let answer = try? await exchange(.get, location, authorized: true, context: RequestContext()).response
            guard let answer else { continue }
            let json = try? JSONValue(parsing: answer.body, limits: JSONLimits(depth: 16))
            if answer.status == 200, json?["UserName"]?.string == session.username {
                _ = try? await exchange(.delete, location, authorized: true, context: RequestContext())
                ended += 1
            }
            await ledger?.closed(location, on: bmc.address)
        }
        return ended
    }

    /// One request as a logged-in user. A 401 is believed only after one fresh login.
    mutating func authorizedExchange(
        _ method: HTTPRequest.Method, _ uri: String, headers: [(String, String)] = [], body: JSONValue? = nil,
        fresh: Bool = false, within limit: Duration? = nil, context: RequestContext
    ) async throws(BMCFault) -> Exchange {
        var mayLogIn = true
        if session.state == .loggedOut {
            try await logIn(context: context.continued)
            mayLogIn = false
        }
        while true {
            let result = try await exchange(
                method, uri, headers: headers, body: body, authorized: true, fresh: fresh,
                within: limit, context: context)
            guard result.response.status == 401 else { return result }
            guard mayLogIn else {
                await logOut()
                throw BMCFault(.unauthorized, "the BMC refuses \(uri) with 401 right after a login")
            }
            mayLogIn = false
            let old = session.state
            session.state = .loggedOut
            try await logIn(context: context.continued)
            // It may not have been the session that was refused, and then it still is one of the few.
            if case .token(_, let location?) = old, session.state != old {
                _ = try? await exchange(.delete, location, authorized: true, context: context.continued)
                await ledger?.closed(location, on: bmc.address)
            }
        }
    }
}
