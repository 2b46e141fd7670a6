import Curl
import Shedding
import Site
import StrictJSON

/// One request and its answer: asked for in another coding where the BMC wants that, and following redirects that stay on
/// the BMC, with method, body and token as they were.
///
/// A write that was redirected and then not done may have been done where it was sent first: its effect is unknown.
struct ExchangeProcedure: SessionProcedure {
    enum Authorization: Sendable { case none, session, basic }

    private enum Phase: Sendable {
        case preparing
        case sent(timeout: Duration, secret: Int?)
        case noting(HTTPResponse)
    }

    let method: HTTPRequest.Method
    let uri: String
    var headers: [(name: String, value: String)] = []
    var body: JSONValue?
    var authorization = Authorization.session
    /// See ``Curl/HTTPRequest/freshConnection``.
    var isFresh = false
    /// See ``SessionRequest/Manner/kept``.
    var isKept = false
    /// How long it may take, where that is not the usual.
    var timeout: Duration?
    var context = RequestContext()
    private var target = ""
    private var redirects = 0
    private var phase = Phase.preparing

    /// More are a circle.
    private static let maximumRedirects = 3

    init(_ method: HTTPRequest.Method, _ uri: String, context: RequestContext = RequestContext()) {
        self.method = method
        self.uri = uri
        self.context = context
    }

    /// A login changes nothing that would have to be read back.
    private var isWrite: Bool { method != .get && authorization != .none }

    mutating func next(
        _ event: SessionEvent, _ session: inout RedfishSession, _ moment: SessionMoment
    ) -> SessionNext {
        switch (phase, event) {
        case (.preparing, .begun):
            guard let target = RequestTarget.link(uri, on: session.bmc.address) else {
                return .fail(.invalidAnswer, "a link leads to another host, which is not followed")
            }
            self.target = target
            return prepare(session, moment)
        case (.preparing, .credentials(.failure(let fault))): return fail(fault)
        case (.preparing, .credentials(.success(let credentials))):
            if let refusal = credentials.refusal { return fail(refusal) }
            return send(
                ("Authorization", credentials.basicAuthorization), secret: credentials.secret, session, moment)
        case (.sent(_, let secret), .answered(let response)):
            noteIssued(&session)
            guard let secret, let note = Self.note(response, secret, session) else {
                return take(response, &session, moment)
            }
            phase = .noting(response)
            return .perform(.noteLogin(note))
        case (.noting(let response), .done): return take(response, &session, moment)
        case (.sent(let timeout, _), .unanswered(let error)):
            if error.mayHaveBeenObeyed { noteIssued(&session) }
            let usual = self.timeout ?? session.options.requestTimeout
            return fail(
                SessionFault.fault(
                    error, isWrite: isWrite, limit: timeout, isCutShort: timeout < usual, options: session.options))
        case (.sent, .cancelled):
            noteIssued(&session)
            return fail(BMCFault(method == .get ? .cancelled : .unknownEffect, "the request was cancelled"))
        default: return .outOfTurn
        }
    }

    private mutating func prepare(_ session: RedfishSession, _ moment: SessionMoment) -> SessionNext {
        phase = .preparing
        // With each request of Basic authentication, the password is tried anew.
        if authorization == .basic || authorization == .session && session.state == .basic {
            return .perform(.readCredentials)
        }
        if authorization == .session, case .token(let token, _) = session.state {
            return send(("X-Auth-Token", token), secret: nil, session, moment)
        }
        return send(nil, secret: nil, session, moment)
    }

    private mutating func send(
        _ login: (name: String, value: String)?, secret: Int?, _ session: RedfishSession, _ moment: SessionMoment
    ) -> SessionNext {
        let options = session.options
        guard let timeout = context.limit(timeout ?? options.requestTimeout, now: moment.now) else {
            return fail(BMCFault(.outOfTime, "the deadline is over; \(target) was not asked for any more"))
        }
        var all: [(name: String, value: String)] = [
            ("Accept", "application/json"), ("OData-Version", "4.0"), ("Cache-Control", "no-cache"),
            // Whose requests these are is asked of a BMC's log, where several agents may be at work.
            ("User-Agent", "ima (\(options.agent))"),
        ]
        if session.coding.asksForPlain { all.append(("Accept-Encoding", "identity")) }
        all += headers
        if body != nil { all.append(("Content-Type", "application/json")) }
        if let login { all.append(login) }
        var request = HTTPRequest(
            method, url: session.bmc.address.description + target, headers: all,
            body: body?.bytes ?? (method == .post ? [] : nil), tls: Self.trust(session.bmc.trust),
            connectTimeout: options.connectTimeout, timeout: timeout, priority: context.priority,
            maximumBodySize: options.maximumBodySize, freshConnection: isFresh, followup: context.followup)
        request.decodesContent = session.coding.decodes
        phase = .sent(timeout: timeout, secret: secret)
        return .perform(.send(SessionRequest(http: request, manner: manner)))
    }

    private var manner: SessionRequest.Manner {
        if isKept { return .kept }
        return context.priority == BMCClient.lowestPriority && method == .get ? .givingWay : .usual
    }

    private func noteIssued(_ session: inout RedfishSession) {
        // The end of a session changes nothing of the machine.
        let isDelete = method == .delete && uri != session.location
        if method == .patch || method == .post || isDelete { session.writesIssued += 1 }
    }

    /// What an answer says of the password that came with the request; nil where it says nothing.
    private static func note(_ response: HTTPResponse, _ secret: Int, _ session: RedfishSession) -> LoginNote? {
        if response.status == 401 {
            let words = "the BMC refused the login of \(session.username)" + SessionFault.said(response)
            return .refused(secret: secret, words: words, isCertain: false)
        }
        return response.status < 500 && response.status != 429 ? .worked(secret: secret) : nil
    }

    private mutating func take(
        _ response: HTTPResponse, _ session: inout RedfishSession, _ moment: SessionMoment
    ) -> SessionNext {
        let mayRepeat = method == .get || authorization == .none && response.status == 406
        if session.coding.learns(from: response, mayRepeat: mayRepeat) { return prepare(session, moment) }
        guard [301, 302, 307, 308].contains(response.status) else {
            // What a precondition or a login stood against was not done.
            if isWrite, redirects > 0, !(200...299).contains(response.status),
                ![401, 412, 428].contains(response.status)
            {
                return .fail(
                    .unknownEffect, "the write to \(uri) failed after a redirect" + SessionFault.said(response))
            }
            let asked = redirects == 0 && uri.hasPrefix("/") ? uri : target
            return .end(.success(.exchange(Exchange(uri: asked, response: response))))
        }
        let location = response.header("Location") ?? ""
        let next = RequestTarget.reference(location, against: target, on: session.bmc.address)
        redirects += 1
        guard let next, !location.isEmpty, next != target, redirects <= Self.maximumRedirects else {
            return .fail(
                isWrite ? .unknownEffect : .refused, Self.strayed(uri, location, isElsewhere: next == nil))
        }
        target = next
        return prepare(session, moment)
    }

    private func fail(_ fault: BMCFault) -> SessionNext {
        guard isWrite, redirects > 0 else { return .end(.failure(fault)) }
        return .end(
            .failure(
                BMCFault(.unknownEffect, "after a redirect: \(fault.message)", retryAfter: fault.retryAfter)))
    }

    private static func strayed(_ uri: String, _ location: String, isElsewhere: Bool) -> String {
        if location.isEmpty { return "\(uri) redirects without saying where to" }
        let shown = location.count > 200 ? location.prefix(197) + "..." : location
        return isElsewhere
            ? "\(uri) redirects to another host (\(shown)), which is not followed" : "\(uri) redirects in a circle"
    }

    private static func trust(_ trust: BMC.Trust) -> TLSTrust {
        switch trust {
        case .systemAuthorities: .systemAuthorities
        case .authorities(let file): .authorities(file: file)
        case .pin(let pin): .pin(pin)
        case .unverified: .unverified
        }
    }
}
