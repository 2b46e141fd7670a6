import Curl
import Inventory
import Shedding
import StrictJSON

/// Requests to one BMC: login, redirects, ETags, tasks, and what each failure means.
///
/// Owned by one ``BMCClient``, which keeps requests to a BMC one after another.
struct RedfishConversation {
    let bmc: BMC
    private let transport: any HTTPTransport
    private let options: RedfishOptions
    private let ledger: (any SessionLedger)?
    private var session: RedfishSession
    private var root: JSONValue?
    /// Bumped at each login: what was learned of the machine before may be of another one.
    private(set) var generation = 0
    /// Some refuse to be asked for an uncompressed answer.
    private var refusesIdentity = false

    init(
        bmc: BMC, credentials: CredentialReference, transport: any HTTPTransport, options: RedfishOptions,
        ledger: (any SessionLedger)? = nil
    ) {
        self.ledger = ledger
        self.bmc = bmc
        self.transport = transport
        self.options = options
        session = RedfishSession(credentials: credentials)
    }

    var hasSession: Bool { if case .token = session.state { true } else { false } }

    /// The service root, read once a login.
    mutating func serviceRoot(priority: Int) async throws(BMCFault) -> JSONValue {
        if let root { return root }
        var answer = try await exchange(.get, "/redfish/v1/", authorized: false, priority: priority)
        if answer.response.status == 401 {
            // The root should be open to all (DSP0266, 13.3.2); where it is not, only Basic can come before a session.
            let before = session.state
            session.state = .basic
            answer = try await exchange(.get, "/redfish/v1/", authorized: true, priority: priority)
            session.state = before
        }
        let json = try document(answer).json
        root = json
        return json
    }

    /// Reads one resource.
    mutating func get(_ uri: String, priority: Int) async throws(BMCFault) -> Document {
        let response = try await authorizedExchange(.get, uri, priority: priority)
        guard response.response.status == 200 else { throw Self.fault(ofRead: response.response, uri: uri) }
        return try document(response)
    }

    /// Writes members of a resource, under the ETag of the document that the decision was made from.
    ///
    /// - Returns: what the BMC objected to although it accepted the write
    mutating func patch(
        _ document: Document, _ body: JSONValue, within limit: Duration? = nil, priority: Int
    ) async throws(BMCFault) -> String? {
        var tags = Self.ladder(document.etag)
        while true {
            let tag = tags.removeFirst()
            let headers = tag.map { [("If-Match", $0)] } ?? []
            let response = try await authorizedExchange(
                .patch, document.uri, headers: headers, body: body, within: limit, priority: priority)
            if [412, 428].contains(response.response.status), !tags.isEmpty { continue }
            return try await accept(response.response, uri: document.uri, within: limit, priority: priority)
        }
    }

    /// Starts an action. Never repeated by any layer, since an action done twice is two.
    mutating func post(
        _ uri: String, _ body: JSONValue, within limit: Duration? = nil, priority: Int
    ) async throws(BMCFault) -> String? {
        let response = try await authorizedExchange(
            .post, uri, body: body, fresh: true, within: limit, priority: priority)
        return try await accept(response.response, uri: uri, within: limit, priority: priority)
    }

    /// Ends the session, if there is one; a BMC has few.
    mutating func logOut() async {
        guard case .token(_, let location?) = session.state else { return }
        let answer = try? await exchange(.delete, location, authorized: true, priority: 0)
        session.state = .loggedOut
        // What could not be ended now is left for the next start.
        if let answer, answer.response.status < 500 { await ledger?.closed(location, on: bmc.address) }
    }
}

// MARK: - Login

extension RedfishConversation {
    private mutating func logIn(priority: Int) async throws(BMCFault) {
        // A root read moments ago, before the first login, is as good as a new one.
        if generation > 0 { root = nil }
        generation += 1
        let root = try await serviceRoot(priority: priority)
        guard
            let uri = Links.id(root["Links", "Sessions"])
                ?? Links.id(root["SessionService"]).map({ $0 + "/Sessions" })
        else {
            session.state = .basic
            return
        }
        let leftovers = await ledger?.takeLeftovers(on: bmc.address) ?? []
        let opened = try await openSession(uri, priority: priority)
        let ended = await endLeftovers(leftovers)
        // Our own forgotten sessions may have been the ones that were too many.
        if !opened, ended > 0 { _ = try await openSession(uri, priority: priority) }
    }

    /// - Returns: whether there is a session now; otherwise Basic authentication is used, which costs more, but works
    ///   without a session service and where all of its few sessions are taken
    private mutating func openSession(_ uri: String, priority: Int) async throws(BMCFault) -> Bool {
        let body: JSONValue
        do { body = try session.loginBody() } catch { throw BMCFault(.unauthorized, "\(error)") }
        let response = try await exchange(.post, uri, body: body, authorized: false, priority: priority).response
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
            let answer = try? await exchange(.get, location, authorized: true, priority: 0).response
            guard let answer else { continue }
            let json = try? JSONValue(parsing: answer.body, limits: JSONLimits(depth: 16))
            if answer.status == 200, json?["UserName"]?.string == session.username {
                _ = try? await exchange(.delete, location, authorized: true, priority: 0)
                ended += 1
            }
            await ledger?.closed(location, on: bmc.address)
        }
        return ended
    }

    /// One request as a logged-in user. A 401 is believed only after one fresh login.
    private mutating func authorizedExchange(
        _ method: HTTPRequest.Method, _ uri: String, headers: [(String, String)] = [], body: JSONValue? = nil,
        fresh: Bool = false, within limit: Duration? = nil, priority: Int
    ) async throws(BMCFault) -> Exchange {
        var mayLogIn = true
        if session.state == .loggedOut {
            try await logIn(priority: priority)
            mayLogIn = false
        }
        while true {
            let result = try await exchange(
                method, uri, headers: headers, body: body, authorized: true, fresh: fresh, within: limit,
                priority: priority)
            guard result.response.status == 401 else { return result }
            guard mayLogIn else {
                await logOut()
                throw BMCFault(.unauthorized, "the BMC refuses \(uri) with 401 right after a login")
            }
            mayLogIn = false
            let old = session.state
            session.state = .loggedOut
            try await logIn(priority: priority)
            // It may not have been the session that was refused, and then it still is one of the few.
            if case .token(_, let location?) = old, session.state != old {
                _ = try? await exchange(.delete, location, authorized: true, priority: priority)
                await ledger?.closed(location, on: bmc.address)
            }
        }
    }
}

// MARK: - One request

extension RedfishConversation {
    struct Exchange {
        let uri: String
        let response: HTTPResponse
    }

    /// Sends one request and follows redirects that stay on the BMC, with method, body and token as they were.
    private mutating func exchange(
        _ method: HTTPRequest.Method, _ uri: String, headers: [(String, String)] = [], body: JSONValue? = nil,
        authorized: Bool, fresh: Bool = false, within limit: Duration? = nil, priority: Int
    ) async throws(BMCFault) -> Exchange {
        var uri = uri
        var all: [(name: String, value: String)] = [
            ("Accept", "application/json"), ("OData-Version", "4.0"), ("Cache-Control", "no-cache"),
        ]
        // Compressing turns the ETags of some BMCs weak.
        if !refusesIdentity { all.append(("Accept-Encoding", "identity")) }
        all += headers.map { (name: $0.0, value: $0.1) }
        if body != nil { all.append(("Content-Type", "application/json")) }
        if authorized {
            do {
                if let header = try session.authorization() { all.append(header) }
            } catch { throw BMCFault(.unauthorized, "\(error)") }
        }
        for _ in 0..<4 {
            let request = HTTPRequest(
                method, url: bmc.address.description + uri, headers: all,
                body: body?.bytes ?? (method == .post ? [] : nil),
                tls: Self.trust(bmc.trust), connectTimeout: options.connectTimeout,
                timeout: limit ?? options.requestTimeout,
                priority: priority, maximumBodySize: options.maximumBodySize, freshConnection: fresh)
            let response: HTTPResponse
            do {
                response = try await transport.send(request)
            } catch let error as CurlError {
                throw fault(error, isWrite: method != .get, limit: limit ?? options.requestTimeout)
            } catch {
                throw BMCFault(method == .get ? .unreachable : .unknownEffect, "the request was cancelled")
            }
            if response.status == 406, !refusesIdentity {
                refusesIdentity = true
                all.removeAll { $0.name == "Accept-Encoding" }
                continue
            }
            guard [301, 302, 307, 308].contains(response.status) else { return Exchange(uri: uri, response: response) }
            guard let target = response.header("Location").flatMap(localPath), target != uri else {
                throw BMCFault(.refused, "\(uri) redirects to another host, which is not followed")
            }
            uri = target
        }
        throw BMCFault(.refused, "\(uri) redirects in a circle")
    }

    /// The path of a Location that is relative or on this very BMC; nil for any other host.
    private func localPath(_ location: String) -> String? {
        if location.hasPrefix("/"), !location.hasPrefix("//") { return location }
        let base = bmc.address.description
        guard location.lowercased().hasPrefix(base + "/") else { return nil }
        return String(location.dropFirst(base.count))
    }

    private func document(_ exchange: Exchange) throws(BMCFault) -> Document {
        let uri = exchange.uri
        guard exchange.response.status == 200 else { throw Self.fault(ofRead: exchange.response, uri: uri) }
        do {
            let json = try JSONValue(parsing: exchange.response.body, limits: JSONLimits(depth: 64, numberLength: 128))
            guard json.object != nil else { throw BMCFault(.invalidAnswer, "\(uri) is no JSON object") }
            let header = exchange.response.header("ETag").flatMap { Self.isWellFormed($0) ? $0 : nil }
            return Document(uri: uri, json: json, etag: header ?? json["@odata.etag"]?.string)
        } catch let error as JSONSyntaxError {
            throw BMCFault(.invalidAnswer, "\(uri): \(error)")
        } catch let fault as BMCFault {
            throw fault
        } catch {
            throw BMCFault(.invalidAnswer, "\(uri): \(error)")
        }
    }

    /// Takes the answer to a write: done, a task to wait for, or a fault.
    private mutating func accept(
        _ response: HTTPResponse, uri: String, within limit: Duration?, priority: Int
    ) async throws(BMCFault) -> String? {
        guard response.status == 202 else {
            guard (200...299).contains(response.status) else { throw Self.fault(ofWrite: response, uri: uri) }
            return RedfishErrorText.objection(in: response.body)
        }
        // Without a monitor the reading back has to tell.
        guard let monitor = response.header("Location").flatMap(localPath) else { return nil }
        let end = ContinuousClock.now + min(options.taskTimeout, limit ?? options.taskTimeout)
        var delay = Duration.milliseconds(250)
        while ContinuousClock.now + delay < end {
            do { try await Task.sleep(for: delay) } catch {
                throw BMCFault(.unknownEffect, "stopped while waiting for the task of the write to \(uri)")
            }
            delay = min(delay * 2, .seconds(5))
            let state = try await authorizedExchange(.get, monitor, priority: priority).response
            switch state.status {
            case 202: continue
            case 200...299:
                if try Self.isRunning(state, uri) { continue }
                return RedfishErrorText.objection(in: state.body)
            // Some forget a monitor as soon as the task is over.
            case 404, 410: return nil
            // In the name of what was written: a monitor's number is another one each time, and would be news.
            default: throw Self.fault(ofWrite: state, uri: uri)
            }
        }
        throw BMCFault(.unknownEffect, "the task of the write to \(uri) did not end in time")
    }

    /// A Location may name the Task itself instead of its monitor; its state then says how it goes (DSP2046, Task).
    private static func isRunning(_ response: HTTPResponse, _ uri: String) throws(BMCFault) -> Bool {
        guard let json = try? JSONValue(parsing: response.body), let state = json["TaskState"]?.string else {
            return false
        }
        if ["Exception", "Killed", "Cancelled", "Interrupted"].contains(state) {
            // How far it came before that is not told.
            throw BMCFault(.unknownEffect, "the task of the write to \(uri) ended as \(state)")
        }
        return state != "Completed"
    }
}

// MARK: - What answers mean

extension RedfishConversation {
    /// The values of `If-Match` to try in turn when a BMC answers 412 or 428.
    static func ladder(_ etag: String?) -> [String?] {
        guard let etag else { return [nil, "*"] }
        let strong = etag.hasPrefix("W/") ? [String(etag.dropFirst(2))] : []
        return [etag] + strong + ["*", nil]
    }

    static func isWellFormed(_ etag: String) -> Bool {
        let opaque = etag.hasPrefix("W/") ? etag.dropFirst(2) : Substring(etag)
        return opaque.count >= 2 && opaque.hasPrefix("\"") && opaque.hasSuffix("\"")
            && !opaque.dropFirst().dropLast().contains("\"")
    }

    static func trust(_ trust: BMC.Trust) -> TLSTrust {
        switch trust {
        case .systemAuthorities: .systemAuthorities
        case .authorities(let file): .authorities(file: file)
        case .pin(let pin): .pin(pin)
        case .unverified: .unverified
        }
    }

    private func fault(_ error: CurlError, isWrite: Bool, limit: Duration) -> BMCFault {
        let words = words(error, limit: limit)
        if isWrite, error.mayHaveBeenObeyed { return BMCFault(.unknownEffect, words) }
        return switch error.kind {
        case .tls: BMCFault(.untrusted, "TLS: \(error.message)")
        case .tooLarge, .protocolViolation: BMCFault(.invalidAnswer, error.message)
        default: BMCFault(.unreachable, words)
        }
    }

    /// The same words for the same failure: libcurl's own tell the milliseconds, and every look would be news.
    private func words(_ error: CurlError, limit: Duration) -> String {
        switch error.kind {
        case .couldNotResolve: "the name does not resolve"
        case .couldNotConnect: "the connection is refused, or there is no route"
        case .timeout where error.mayHaveBeenObeyed: "no answer within \(limit)"
        case .timeout: "no connection within \(options.connectTimeout)"
        case .connectionLost: "the connection broke before the answer was complete"
        case .handshake: "the TLS handshake failed: \(error.message)"
        case .shutDown: "the agent is stopping"
        case .tls, .tooLarge, .protocolViolation: error.message
        }
    }

    private static func said(_ response: HTTPResponse) -> String {
        let text = RedfishErrorText.from(response.body).map { ": \($0)" } ?? ""
        return " (HTTP \(response.status)\(text))"
    }

    static func fault(ofRead response: HTTPResponse, uri: String) -> BMCFault {
        switch response.status {
        case 404, 410: BMCFault(.unsupported, "\(uri) does not exist" + said(response))
        case 401, 403: BMCFault(.unauthorized, "\(uri) may not be read" + said(response))
        case 429, 503: BMCFault(.busy, "\(uri) is busy" + said(response), retryAfter: retryAfter(response))
        default: BMCFault(.invalidAnswer, "\(uri) cannot be read" + said(response))
        }
    }

    static func fault(ofWrite response: HTTPResponse, uri: String) -> BMCFault {
        switch response.status {
        case 401, 403: BMCFault(.unauthorized, "\(uri) may not be written" + said(response))
        case 429, 503: BMCFault(.busy, "\(uri) is busy" + said(response), retryAfter: retryAfter(response))
        case 500...599: BMCFault(.unknownEffect, "the write to \(uri) may or may not have applied" + said(response))
        default: BMCFault(.refused, "the BMC refused the write to \(uri)" + said(response))
        }
    }

    private static func retryAfter(_ response: HTTPResponse) -> Duration? {
        response.header("Retry-After").map { RetryAfter.duration($0, date: response.header("Date")) }
    }
}
