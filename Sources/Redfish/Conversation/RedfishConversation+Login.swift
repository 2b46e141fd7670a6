import Curl
import Shedding
import Site
import StrictJSON

/// Sessions: opened, renewed, ended.
extension RedfishConversation {
    /// One connection to a BMC after another, so that a password that is wrong now is not tried by each of them.
    private mutating func logIn(context: RequestContext) async throws(BMCFault) {
        let isFirst = await takeTurn()
        do throws(BMCFault) {
            try await openLogin(context: context)
        } catch {
            if isFirst { await giveBackTurn() }
            throw error
        }
        if isFirst { await giveBackTurn() }
    }

    /// - Returns: whether it was not had before, and is to be given back
    mutating func takeTurn() async -> Bool {
        guard !holdsTurn else { return false }
        await logins.take()
        holdsTurn = true
        return true
    }

    mutating func giveBackTurn() async {
        holdsTurn = false
        await logins.giveBack()
    }

    private mutating func openLogin(context: RequestContext) async throws(BMCFault) {
        let secret = try secret()
        if let refusal = await logins.refusal(of: secret, now: .now) { throw refusal }
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
            sessionObstacle = "the service root names no sessions"
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
        // One that cannot be ended would be one more each time.
        guard unendable != .avoided else {
            session.state = .basic
            return false
        }
        let secret = try secret()
        let body: JSONValue
        do { body = try session.loginBody() } catch { throw BMCFault(.unauthorized, "\(error)") }
        // Cut off by a cancellation, the session would be there and nobody know of it; BMCs have few.
        let response = try await exchange(
            .post, uri, body: body, authorized: false, isKept: true, context: context
        ).response
        guard !(200...299).contains(response.status) else {
            await logins.worked(secret)
            return await take(SessionAnswer(response, collection: uri))
        }
        session.state = .basic
        sessionObstacle = "the BMC opens none" + Self.said(response)
        let words = "the BMC refused the login of \(session.username)" + Self.said(response)
        switch LoginRefusal(response) {
        case .credentials:
            session.state = .loggedOut
            await logins.refused(secret, words, isCertain: true, now: .now)
            throw BMCFault(.unauthorized, words)
        case .unexplained: await logins.refused(secret, words, isCertain: false, now: .now)
        case .sessionLimit, .other: break
        }
        return false
    }

    /// - Returns: whether there is a session now
    private mutating func take(_ answer: SessionAnswer) async -> Bool {
        switch (answer.token, answer.location) {
        case (let token?, let location?):
            session.state = .token(token, location: location)
            sessionObstacle = nil
            await ledger?.opened(location, on: bmc.address)
            return true
        case (let token?, nil) where unendable == .needed:
            session.state = .token(token, location: nil)
            return true
        case (nil, let location?):
            // Opened, and of no use.
            session.state = .basic
            sessionObstacle = "the BMC opens sessions without a token"
            _ = try? await exchange(.delete, location, authorized: true, context: RequestContext())
            return false
        case (_, nil):
            session.state = .basic
            if answer.token != nil { unendable = .avoided }
            sessionObstacle =
                answer.token == nil
                ? "the BMC opens sessions without a token" : "the BMC opens sessions without saying where to end them"
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
            let json = try? JSONValue(parsing: answer.body, limits: .redfish, dialect: .lenient)
            if answer.status == 200, json?["UserName"]?.string == session.username {
                _ = try? await exchange(.delete, location, authorized: true, context: RequestContext())
                ended += 1
            }
            await ledger?.closed(location, on: bmc.address)
        }
        return ended
    }

    /// Ends the session, if there is one; a BMC has few.
    mutating func logOut() async {
        guard case .token(_, let location?) = session.state else { return }
        let answer = try? await exchange(.delete, location, authorized: true, context: RequestContext(followup: .none))
        session.state = .loggedOut
        // What could not be ended now is left for the next start.
        if let answer, answer.response.status < 500 { await ledger?.closed(location, on: bmc.address) }
    }

    func secret() throws(BMCFault) -> Int {
        do { return try session.secret() } catch { throw BMCFault(.unauthorized, "\(error)") }
    }

    /// One request as a logged-in user. A 401 is believed only after one fresh login.
    ///
    /// A write is not repeated after it: whether it took has to be read first.
    mutating func authorizedExchange(
        _ method: HTTPRequest.Method, _ uri: String, headers: [(String, String)] = [], body: JSONValue? = nil,
        fresh: Bool = false, within limit: Duration? = nil, context: RequestContext
    ) async throws(BMCFault) -> Exchange {
        let request = AuthorizedRequest(
            method: method, uri: uri, headers: headers, body: body, fresh: fresh, limit: limit, context: context)
        if case .token = session.state { return try await send(request) }
        guard await !logins.isProven(try secret()) else { return try await send(request) }
        let isFirst = await takeTurn()
        do throws(BMCFault) {
            let result = try await send(request)
            if isFirst { await giveBackTurn() }
            return result
        } catch {
            if isFirst { await giveBackTurn() }
            throw error
        }
    }

    private mutating func send(_ request: AuthorizedRequest) async throws(BMCFault) -> Exchange {
        let context = request.context
        let mayRenew = session.state != .loggedOut
        if !mayRenew { try await logIn(context: context.continued) }
        let first = try await exchange(request)
        guard first.response.status == 401 else { return first }
        let isKnown = uselessRenewal?.covers(request.uri, now: .now) == true
        guard mayRenew, !isKnown else {
            uselessRenewal = UselessRenewal(of: request.uri, after: uselessRenewal, now: .now)
            throw BMCFault(.unauthorized, "the BMC refuses \(request.uri) with 401 right after a login")
        }
        let old = session.state
        // What Basic authentication was not good enough for may need a session, also one that nobody can end.
        if old == .basic, unendable == .avoided { unendable = .needed }
        session.state = .loggedOut
        do throws(BMCFault) {
            try await logIn(context: context.continued)
        } catch {
            // The write was sent, and what the BMC said to it is no proof that it was not obeyed.
            guard request.method == .get else {
                throw BMCFault(.unknownEffect, "the write to \(request.uri) was answered by 401; \(error.message)")
            }
            throw error
        }
        // It may not have been the session that was refused, and then it still is one of the few.
        if case .token(_, let location?) = old, session.state != old {
            _ = try? await exchange(.delete, location, authorized: true, context: context.continued)
            await ledger?.closed(location, on: bmc.address)
        }
        // The same name and password would be refused once more, and that counts.
        if old == .basic, session.state == .basic {
            throw BMCFault(.unauthorized, "the BMC refuses \(request.uri) with 401 to Basic authentication")
        }
        guard request.method == .get else {
            uselessRenewal = UselessRenewal(of: request.uri, after: uselessRenewal, now: .now)
            throw BMCFault(
                .unknownEffect, "the write to \(request.uri) was answered by 401; logged in anew, and to be read again")
        }
        let second = try await exchange(request)
        guard second.response.status == 401 else {
            uselessRenewal = nil
            return second
        }
        uselessRenewal = UselessRenewal(of: request.uri, after: uselessRenewal, now: .now)
        throw BMCFault(.unauthorized, "the BMC refuses \(request.uri) with 401 right after a login")
    }

    private mutating func exchange(_ request: AuthorizedRequest) async throws(BMCFault) -> Exchange {
        try await exchange(
            request.method, request.uri, headers: request.headers, body: request.body, authorized: true,
            fresh: request.fresh, within: request.limit, context: request.context)
    }
}
