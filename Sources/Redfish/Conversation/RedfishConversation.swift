import Curl
import Shedding
import Site
import StrictJSON

/// Requests to one BMC: login, redirects, ETags, tasks, and what each failure means.
///
/// Owned by one ``BMCClient``, which keeps requests to a BMC one after another.
struct RedfishConversation {
    let bmc: BMC
    let transport: any HTTPTransport
    let options: RedfishOptions
    let ledger: (any BMCLedger)?
    var session: RedfishSession
    var root: JSONValue?
    /// Where sessions are opened, once that is known.
    var sessionsURI: String?
    /// Bumped at each login: what was learned of the machine before may be of another one.
    var generation = 0
    /// How many requests went out that the BMC may have obeyed.
    private(set) var writesIssued = 0
    /// Shared by all connections to the BMC under one name.
    let logins: LoginRecord
    var coding = ContentCoding()
    /// Sessions that the BMC opens without saying where they can be ended.
    var unendable = UnendableSessions.unseen
    var uselessRenewal: UselessRenewal?
    /// Why there is no session, for people; nil where there is one, or nobody has asked for one yet.
    var sessionObstacle: String?
    /// Whether other connections wait with their passwords for what becomes of this one's.
    var holdsTurn = false

    enum UnendableSessions { case unseen, avoided, needed }

    init(
        bmc: BMC, credentials: CredentialReference, transport: any HTTPTransport, options: RedfishOptions,
        ledger: (any BMCLedger)? = nil, logins: LoginRecord = LoginRecord()
    ) {
        self.ledger = ledger
        self.logins = logins
        self.bmc = bmc
        self.transport = transport
        self.options = options
        session = RedfishSession(credentials: credentials)
    }

    var hasSession: Bool { if case .token = session.state { true } else { false } }

    /// The service root, read once a login.
    mutating func serviceRoot(context: RequestContext) async throws(BMCFault) -> JSONValue {
        if let root { return root }
        var answer = try await exchange(.get, Self.rootURI, authorized: false, context: context)
        if answer.response.status == 401 {
            // The root should be open to all (DSP0266, 13.3.2); where it is not, only Basic can come before a session.
            let isFirst = await takeTurn()
            let before = session.state
            session.state = .basic
            let result: Result<Exchange, BMCFault>
            do throws(BMCFault) {
                result = .success(try await exchange(.get, Self.rootURI, authorized: true, context: context))
            } catch { result = .failure(error) }
            session.state = before
            if isFirst { await giveBackTurn() }
            answer = try result.get()
        }
        let json = try document(answer).json
        root = json
        return json
    }

    private static let rootURI = "/redfish/v1/"

    /// Reads one resource.
    mutating func get(
        _ uri: String, context: RequestContext
    ) async throws(BMCFault) -> Document {
        let response = try await authorizedExchange(.get, uri, context: context)
        guard response.response.status == 200 else { throw Self.fault(ofRead: response.response, uri: uri) }
        return try document(response)
    }

    /// Whether a write may go out although the BMC takes none of the resource's tags.
    enum Condition: Sendable {
        /// It may not: a refused tag is news of somebody else's write, until the resource was read again.
        case required
        /// It may: the resource was read again just now, and is as it was.
        case preferred
    }

    /// Writes members of a resource, under the tags of the document that the decision was made from.
    ///
    /// - Parameters:
    ///   - limit: for each request, where that is not the usual
    ///   - context: its deadline bounds all of it, with the task that the write may start
    /// - Returns: what the BMC objected to although it accepted the write
    /// - Throws: ``Shedding/BMCFault/Kind/overtaken`` where the condition is required and none of the tags is met
    mutating func patch(
        _ document: Document, _ body: JSONValue, condition: Condition, within limit: Duration? = nil,
        context: RequestContext
    ) async throws(BMCFault) -> String? {
        var candidates: [String?] = document.etags
        if document.etags.isEmpty {
            candidates = [nil, "*"]
        } else if condition == .preferred {
            candidates += ["*", nil]
        }
        while true {
            let tag = candidates.removeFirst()
            let headers = tag.map { [("If-Match", $0)] } ?? []
            let response = try await authorizedExchange(
                .patch, document.uri, headers: headers, body: body, within: limit, context: context)
            let isUnmet = [412, 428].contains(response.response.status)
            if isUnmet, !candidates.isEmpty { continue }
            if isUnmet, condition == .required, !document.etags.isEmpty {
                throw BMCFault(
                    .overtaken, "\(document.uri) was changed since it was read" + Self.said(response.response))
            }
            return try await accept(response.response, uri: document.uri, context: context)
        }
    }

    /// Starts an action. Never repeated by any layer, since an action done twice is two.
    mutating func post(
        _ uri: String, _ body: JSONValue, within limit: Duration? = nil, context: RequestContext
    ) async throws(BMCFault) -> String? {
        let response = try await authorizedExchange(
            .post, uri, body: body, fresh: true, within: limit, context: context)
        return try await accept(response.response, uri: uri, context: context)
    }
}

// MARK: - One request

extension RedfishConversation {
    struct Exchange {
        let uri: String
        let response: HTTPResponse
    }

    /// Sends one request and follows redirects that stay on the BMC, with method, body and token as they were.
    ///
    /// A write that was redirected and then not done may have been done where it was sent first: its effect is unknown.
    ///
    /// - Parameter isKept: whether it goes on to its end although the caller gives up
    mutating func exchange(
        _ method: HTTPRequest.Method, _ uri: String, headers: [(String, String)] = [], body: JSONValue? = nil,
        authorized: Bool, fresh: Bool = false, isKept: Bool = false,
        within limit: Duration? = nil, context: RequestContext
    ) async throws(BMCFault) -> Exchange {
        guard var target = RequestTarget.link(uri, on: bmc.address) else {
            throw BMCFault(.invalidAnswer, "a link leads to another host, which is not followed")
        }
        // A login changes nothing that would have to be read back.
        let isWrite = method != .get && authorized
        var redirects = 0
        while true {
            let answer: HTTPResponse
            do throws(BMCFault) {
                answer = try await send(
                    method, target, headers: headers, body: body, authorized: authorized, fresh: fresh, isKept: isKept,
                    within: limit, context: context)
            } catch {
                guard isWrite, redirects > 0 else { throw error }
                throw BMCFault(.unknownEffect, "after a redirect: \(error.message)", retryAfter: error.retryAfter)
            }
            let mayRepeat = method == .get || !authorized && answer.status == 406
            if coding.learns(from: answer, mayRepeat: mayRepeat) { continue }
            guard [301, 302, 307, 308].contains(answer.status) else {
                // What a precondition or a login stood against was not done.
                if isWrite, redirects > 0, !(200...299).contains(answer.status),
                    ![401, 412, 428].contains(answer.status)
                {
                    throw BMCFault(.unknownEffect, "the write to \(uri) failed after a redirect" + Self.said(answer))
                }
                return Exchange(uri: redirects == 0 && uri.hasPrefix("/") ? uri : target, response: answer)
            }
            let location = answer.header("Location") ?? ""
            let next = RequestTarget.reference(location, against: target, on: bmc.address)
            redirects += 1
            guard let next, !location.isEmpty, next != target, redirects < 4 else {
                throw BMCFault(
                    isWrite ? .unknownEffect : .refused, Self.strayed(uri, location, isElsewhere: next == nil))
            }
            target = next
        }
    }

    private static func strayed(_ uri: String, _ location: String, isElsewhere: Bool) -> String {
        if location.isEmpty { return "\(uri) redirects without saying where to" }
        let shown = location.count > 200 ? location.prefix(197) + "..." : location
        return isElsewhere
            ? "\(uri) redirects to another host (\(shown)), which is not followed" : "\(uri) redirects in a circle"
    }

    /// One request, and what its failure means.
    private mutating func send(
        _ method: HTTPRequest.Method, _ target: String, headers: [(String, String)], body: JSONValue?,
        authorized: Bool, fresh: Bool, isKept: Bool, within limit: Duration?, context: RequestContext
    ) async throws(BMCFault) -> HTTPResponse {
        var all: [(name: String, value: String)] = [
            ("Accept", "application/json"), ("OData-Version", "4.0"), ("Cache-Control", "no-cache"),
        ]
        if coding.asksForPlain { all.append(("Accept-Encoding", "identity")) }
        all += headers.map { (name: $0.0, value: $0.1) }
        if body != nil { all.append(("Content-Type", "application/json")) }
        // With each request of Basic authentication, the password is tried anew.
        let tried = authorized && session.state == .basic ? try secret() : nil
        if let tried, let refusal = await logins.refusal(of: tried, now: .now) { throw refusal }
        if authorized {
            do {
                if let header = try session.authorization() { all.append(header) }
            } catch { throw BMCFault(.unauthorized, "\(error)") }
        }
        let usual = limit ?? options.requestTimeout
        guard let timeout = context.limit(usual, now: .now) else {
            throw BMCFault(.outOfTime, "the deadline is over; \(target) was not asked for any more")
        }
        var request = HTTPRequest(
            method, url: bmc.address.description + target, headers: all,
            body: body?.bytes ?? (method == .post ? [] : nil),
            tls: Self.trust(bmc.trust), connectTimeout: options.connectTimeout,
            timeout: timeout, priority: context.priority, maximumBodySize: options.maximumBodySize,
            freshConnection: fresh,
            followup: context.followup)
        request.decodesContent = coding.decodes
        let response: HTTPResponse
        do {
            let transport = transport
            let sent = request
            if isKept {
                response = try await Task { try await transport.send(sent) }.value
            } else if context.priority == BMCClient.lowestPriority, method == .get {
                response = try await sendGivingWay(sent)
            } else {
                response = try await transport.send(sent)
            }
        } catch let error as CurlError {
            if error.mayHaveBeenObeyed { noteIssued(method) }
            throw fault(error, isWrite: method != .get && authorized, limit: timeout)
        } catch {
            noteIssued(method)
            // Given up by ourselves, it says nothing of the BMC.
            throw BMCFault(method == .get ? .circuitOpen : .unknownEffect, "the request was cancelled")
        }
        noteIssued(method)
        if let tried {
            if response.status == 401 {
                await logins.refused(
                    tried, "the BMC refused the login of \(session.username)" + Self.said(response), isCertain: false,
                    now: .now)
            } else if response.status < 500, response.status != 429 {
                await logins.worked(tried)
            }
        }
        return response
    }

    private mutating func noteIssued(_ method: HTTPRequest.Method) {
        if method == .patch || method == .post { writesIssued += 1 }
    }

    /// Sends what everything else comes before. Given up, it does not begin any more; what has begun may end.
    ///
    /// A request that is dropped may still be at work on the BMC when the next one comes, and some stand only one.
    private func sendGivingWay(_ request: HTTPRequest) async throws -> HTTPResponse {
        try Task.checkCancellation()
        let transport = transport
        let sending = Task { try await transport.send(request) }
        let grace = options.grace
        return try await withTaskCancellationHandler {
            try await sending.value
        } onCancel: {
            Task {
                try? await Task.sleep(for: grace)
                sending.cancel()
            }
        }
    }

    private func document(_ exchange: Exchange) throws(BMCFault) -> Document {
        let uri = exchange.uri
        guard exchange.response.status == 200 else { throw Self.fault(ofRead: exchange.response, uri: uri) }
        do {
            let json = try JSONValue(parsing: exchange.response.body, limits: .redfish, dialect: .lenient)
            guard json.object != nil else { throw BMCFault(.invalidAnswer, "\(uri) is no JSON object") }
            return Document(uri: uri, json: json, header: exchange.response.header("ETag"))
        } catch let error as JSONSyntaxError {
            throw BMCFault(.invalidAnswer, "\(uri): \(error)")
        } catch let fault as BMCFault {
            throw fault
        } catch {
            throw BMCFault(.invalidAnswer, "\(uri): \(error)")
        }
    }
}
